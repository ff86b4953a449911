package unleashadmin

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/promptflag/promptflag/action/internal/flags"
)

// Link puts a link on the page of the flag, unless it is there. The server
// takes a few links per flag; when there is no room, the oldest of the same
// kind gives way: one whose address differs in its last part only, as pull
// requests of one repository do. A flag whose links are all people's is left
// without, and so are servers that have no links.
func (c *Client) Link(ctx context.Context, flag, address, title string) error {
	op := "link " + flag
	doc, err := c.feature(ctx, op, flag)
	if err != nil {
		return err
	}
	has := func(l link) bool { return sameAddress(l.URL, address) }
	if slices.ContainsFunc(doc.Links, has) {
		return nil
	}
	send := func() error {
		return c.call(ctx, request{op: op, method: http.MethodPost, path: c.flag(flag, "link"), body: link{URL: address, Title: title}}, nil)
	}
	there := func() (bool, error) {
		doc, err := c.feature(ctx, op, flag)
		return slices.ContainsFunc(doc.Links, has), err
	}
	err = c.post(ctx, send, there)
	if e, ok := errors.AsType[*Error](err); ok && strings.HasPrefix(e.Said, "Too many links") {
		old, ok := oldestLike(doc.Links, address)
		if !ok {
			return nil
		}
		if err := c.unlink(ctx, flag, old.ID); err != nil {
			return err
		}
		err = c.post(ctx, send, there)
	}
	// The flag was there a moment ago: it is links that the server lacks.
	return ignore(err, http.StatusNotFound)
}

func (c *Client) unlink(ctx context.Context, flag, id string) error {
	r := request{op: "remove an old link of " + flag, method: http.MethodDelete, path: c.flag(flag, "link", id)}
	if err := c.call(ctx, r, nil); !errors.Is(err, flags.ErrNotFound) {
		return err
	}
	return nil
}

// oldestLike returns the oldest link of the same kind; ids follow age.
func oldestLike(links []link, address string) (link, bool) {
	kind := func(s string) string { s = normal(s); return s[:strings.LastIndexByte(s, '/')+1] }
	var like []link
	for _, l := range links {
		if kind(l.URL) == kind(address) {
			like = append(like, l)
		}
	}
	if len(like) == 0 {
		return link{}, false
	}
	return slices.MinFunc(like, func(a, b link) int { return cmp.Compare(a.ID, b.ID) }), true
}

func sameAddress(a, b string) bool { return normal(a) == normal(b) }

// normal takes off what the server takes off an address when it keeps it.
func normal(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	query := u.Query()
	maps.DeleteFunc(query, func(name string, _ []string) bool { return strings.HasPrefix(name, "utm_") })
	out := url.URL{
		Scheme: u.Scheme, Host: strings.TrimPrefix(u.Host, "www."), Path: strings.TrimRight(u.Path, "/"),
		RawQuery: query.Encode(), Fragment: u.Fragment,
	}
	return out.String()
}
