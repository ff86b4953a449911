package llm

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/promptflag/promptflag/evalkit/chat"
)

// Embed asks for the vectors of all texts in one request. It implements
// chat.Embedder. Anthropic has no embeddings.
func (c *Client) Embed(ctx context.Context, r chat.EmbedRequest) (chat.Embeddings, error) {
	switch {
	case c.endpoint.Family == Anthropic:
		return chat.Embeddings{}, c.badRequest(errors.New("this family has no embeddings: use an endpoint of the OpenAI dialect"))
	case r.Model == "" || len(r.Texts) == 0:
		return chat.Embeddings{}, c.badRequest(errors.New("embeddings need a model and texts"))
	}
	request := map[string]any{"model": r.Model, "input": r.Texts, "encoding_format": "float"}
	var out chat.Embeddings
	_, err := c.send(ctx, c.path("/embeddings", r.Model), request, func(body []byte) (int, error) {
		var err error
		out, err = readEmbeddings(body, len(r.Texts))
		return out.Usage.Input, err
	})
	if err != nil {
		return chat.Embeddings{}, err
	}
	return out, nil
}

// readEmbeddings reads n vectors, which may come in any order.
func readEmbeddings(body []byte, n int) (chat.Embeddings, error) {
	var a struct {
		Data []struct {
			Index  int       `json:"index"`
			Vector []float64 `json:"embedding"`
		} `json:"data"`
		Usage *openaiUsage    `json:"usage"`
		Error json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return chat.Embeddings{}, err
	}
	if len(a.Data) == 0 {
		return chat.Embeddings{}, insteadOf("data", a.Error, body)
	}
	if len(a.Data) != n {
		return chat.Embeddings{}, malformed("%d vectors for %d texts", len(a.Data), n)
	}
	out := chat.Embeddings{Vectors: make([][]float64, n), Usage: a.Usage.usage(false)}
	for i, d := range a.Data {
		switch {
		case d.Index < 0 || d.Index >= n || out.Vectors[d.Index] != nil:
			return chat.Embeddings{}, malformed("data[%d].index is not that of a text", i)
		case len(d.Vector) == 0 || len(d.Vector) != len(a.Data[0].Vector):
			return chat.Embeddings{}, malformed("data[%d].embedding is empty or of another length", i)
		}
		out.Vectors[d.Index] = d.Vector
	}
	return out, nil
}
