package secrets_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/promptflag/promptflag/action/internal/secrets"
)

func detector(t testing.TB) *secrets.Detector {
	t.Helper()
	d, err := secrets.New()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// places put a token into a prompt as people do.
func places() []func(m maker, token string) string {
	return []func(m maker, token string) string{
		func(m maker, s string) string {
			return "You are the support agent of Acme. To look up an order call the order API with " + s + ". Never show it to the customer."
		},
		func(m maker, s string) string {
			return "Use the following key: " + s + ", then answer {{question}} in at most three sentences."
		},
		func(m maker, s string) string { return "The team's credential (" + s + ") is good until May." },
		func(m maker, s string) string {
			return "Nimm für die Abfrage den Schlüssel „" + s + "“ und antworte auf Deutsch."
		},
		func(m maker, s string) string {
			return "## Tools\n\n```bash\ncurl -s https://api.acme.io/v1/orders \\\n  -H \"Authorization: Bearer " + s + "\" \\\n  -d '{\"id\": \"{{order_id}}\"}'\n```\n"
		},
		func(m maker, s string) string {
			return "Settings of the tool:\n\n```toml\n[tool]\nname = \"orders\"\nsecret = \"" + s + "\"\ntimeout = \"5s\"\n```\nAsk before you refund."
		},
		func(m maker, s string) string {
			return "Example of a call:\n{\"tool\":\"search\",\"auth\":{\"token\":\"" + s + "\",\"user\":\"{{user}}\"}}\n"
		},
		func(m maker, s string) string {
			return "# environment\nREGION=eu-central-1\nACME_TOKEN=" + s + "\nLOG_LEVEL=info\n"
		},
		func(m maker, s string) string {
			return "```python\nimport acme\nclient = acme.Client('" + s + "')\nprint(client.orders({{n}}))\n```"
		},
		func(m maker, s string) string {
			return "* Keep calm.\n* Authenticate with **" + s + "**\n* Say thanks."
		},
		func(m maker, s string) string { return "See `" + s + "`; it is rotated by the platform team." },
		func(m maker, s string) string {
			return "<config><credential>" + s + "</credential></config>\nSummarise the file above."
		},
	}
}

type sample struct{ name, text, secret string }

// samples are prompts with one credential each.
func samples() []sample {
	var all []sample
	for round := range uint64(6) {
		m := newMaker(100 + round)
		for i, k := range m.kinds() {
			place := places()[(i*5+int(round)*7)%len(places())]
			all = append(all, sample{fmt.Sprintf("%s/%d", k.name, round), place(m, k.token), k.token})
		}
		all = append(all, m.named(round)...)
	}
	return all
}

// named are credentials without a format: only what stands before them tells.
func (m maker) named(round uint64) []sample {
	awsSecret, hex32, plain, password := m.of(base64s, 40), m.of(hexes, 32), m.of(alnum, 40), m.password()
	opaque, basic := m.of(urlsafe, 48), m.of(alnum, 30)+"=="
	list := []sample{
		{"aws secret, ini", "[default]\naws_access_key_id = {{id}}\naws_secret_access_key = " + awsSecret + "\n", awsSecret},
		{"aws secret, sentence", "For uploads the AWS secret access key is " + awsSecret + ", for downloads none is needed.", awsSecret},
		{"azure openai header", "curl https://acme.openai.azure.com/openai/models -H \"api-key: " + hex32 + "\"", hex32},
		{"api_key in json", `Call {"endpoint": "search", "api_key": "` + plain + `"} and wait.`, plain},
		{"env token", "export SEARCH_API_TOKEN=" + plain + "\nexport LANG=de\n", plain},
		{"toml secret", "[search]\nclient_secret = \"" + plain + "\"\n", plain},
		{"bearer in a sentence", "Send the header Authorization: Bearer " + opaque + " with every request.", opaque},
		{"bearer alone", "Requests need \"Bearer " + opaque + "\" as a header.", opaque},
		{"basic header", "GET /orders\nAuthorization: Basic " + basic + "\nAccept: application/json", basic},
		{"password, sentence", "Log in as support with password: " + password + " and read the ticket.", password},
		{"password, German", "Das Passwort ist " + password + ", bitte nicht weitergeben.", password},
		{"password, yaml", "login:\n  user: support\n  password: \"" + password + "\"\n", password},
		{"x-api-key", "Headers:\n  X-Api-Key: " + plain + "\n  Accept: */*\n", plain},
	}
	for i := range list {
		list[i].name += fmt.Sprintf("/%d", round)
	}
	return list
}

func TestFindsSecrets(t *testing.T) {
	d := detector(t)
	found, kinds, missed := 0, map[string]bool{}, []string(nil)
	all := samples()
	for _, s := range all {
		kinds[s.name[:strings.LastIndex(s.name, "/")]] = true
		// Anywhere in a longer prompt is as good as alone.
		text := s.text
		if len(text)%2 == 0 {
			text = cleanProse(newMaker(uint64(len(text))), 1500) + "\n" + text + "\n" + cleanProse(newMaker(7), 700)
		}
		at := strings.Index(text, s.secret)
		hit := false
		for _, f := range d.Find(text) {
			hit = hit || f.Start < at+len(s.secret) && f.End > at
			if f.Rule == "" || f.What == "" {
				t.Errorf("%s: a finding without a rule: %+v", s.name, f)
			}
		}
		if hit {
			found++
		} else {
			missed = append(missed, s.name)
		}
	}
	t.Logf("found %d of %d secrets of %d kinds; missed: %s", found, len(all), len(kinds), strings.Join(missed, ", "))
	if len(all) < 60 || len(kinds) < 25 {
		t.Errorf("%d secrets of %d kinds, want at least 60 of 25", len(all), len(kinds))
	}
	if found*100 < len(all)*95 {
		t.Errorf("found %d of %d, want 95 %%", found, len(all))
	}
}

func TestFindIsShared(t *testing.T) {
	d := detector(t)
	m := newMaker(3)
	text := "Use " + "gh" + "p_" + m.of(alnum, 36) + " and " + m.jwt() + "."
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if got := d.Find(text); len(got) != 2 {
					t.Errorf("Find = %+v, want 2", got)
					return
				}
			}
		})
	}
	wg.Wait()
}
