package secrets_test

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// cleanProse is text as in prompts, with the words that rules begin with.
func cleanProse(m maker, size int) string {
	words := strings.Fields(`the customer asks for help with an order and you answer briefly in plain language when a key fact is missing
	ask once before any tool call explain what a token is how an API works why a password must be long and where access is granted
	never reveal the secret recipe of the company authentication is done by the gateway so do not ask for credentials politely decline
	monkey survey author money keyboard turkey they obey summarise three sentences JSON object fields tone friendly professional
	{{customer_name}} {{order_id}} {{api_key}} {{history}} {{#items}} {{/items}} {{access_token}} {{> tone}} temperature model
	information documentation responsibilities internationalisation recommendations and/or yes/no e.g. i.e. step-by-step`)
	var b strings.Builder
	for b.Len() < size {
		for i := range 6 + m.IntN(12) {
			if i > 0 {
				b.WriteString(m.pick(" ", " ", " ", " ", " ", " ", " ", ", ", ": "))
			}
			b.WriteString(words[m.IntN(len(words))])
		}
		b.WriteString(m.pick(". ", ". ", "? ", "!\n", ".\n\n"))
	}
	return b.String()
}

// sentences talk about credentials and hold none.
var sentences = []string{
	"Never ask the customer for a password, a PIN or a security token.",
	"If the API key is missing, say so and stop; do not make one up.",
	"The secret: always confirm the key facts first, then answer.",
	"Passwords must have at least 12 characters, 1 digit and 1 sign (!, #, %).",
	"Your password is never stored in plain text, it is hashed with bcrypt-12 or argon2id.",
	"The key idea = keep it short. Access: read-only. Token budget: 4096-token context.",
	"Explain OAuth 2.0: client_id, client_secret, access_token, refresh_token, token_endpoint.",
	"Das Passwort: mindestens 12 Zeichen, davon 2 Ziffern. Der Schlüssel liegt beim Administrator.",
	"Geben Sie niemals Ihr Kennwort, Ihren API-Schlüssel oder Ihr Zugriffstoken weiter.",
	"Bitte erkläre den Unterschied zwischen Authentifizierung und Autorisierung (Zwei-Faktor-Authentifizierung).",
	"Donaudampfschifffahrtsgesellschaftskapitän ist ein langes Wort, Rechtsschutzversicherungsgesellschaften auch.",
	"Ne demandez jamais le mot de passe : il est personnel. La clé d'accès est dans le coffre-fort.",
	"La contraseña es personal; el token de acceso caduca a los 30 minutos.",
	"パスワードは絶対に尋ねないでください。APIキーは管理者が保管しています。",
	"Пароль и секретный ключ никогда не сообщайте: токен доступа действует 30 минут.",
	"密码必须至少包含8个字符。请勿泄露您的访问令牌(token)或密钥。",
	"Replace YOUR_API_KEY with your own key: api_key = \"YOUR_API_KEY\".",
	"Authorization: Bearer <token>", "Authorization: Bearer {{access_token}}", "Authorization: Bearer $ACME_TOKEN",
	"Authorization: Bearer YOUR_ACCESS_TOKEN_GOES_HERE_PLEASE", "authorization: basic auth is not supported-by-this-endpoint",
	"curl -H \"Authorization: Bearer $TOKEN\" -H 'X-Api-Key: {{api_key}}' https://api.example.com/v1/orders",
	"curl -u \"$USER:$PASSWORD\" https://api.example.com", "curl --user {{user}}:{{password}} https://api.example.com/",
	"OPENAI_API_KEY=sk-...", "OPENAI_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "ANTHROPIC_API_KEY=sk-ant-api03-xxxx",
	"export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
	"GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "token: ${{ secrets.GITHUB_TOKEN }}", "password: ${DB_PASSWORD}",
	"postgres://user:password@localhost:5432/db", "mysql://root:root@127.0.0.1/test", "mongodb://{{user}}:{{password}}@{{host}}/db",
	"redis://:<password>@cache:6379", "postgresql://postgres:postgres@db:5432/app", "https://user:pass@example.com/path",
	"https://login.example.com/oauth/token?grant_type=authorization_code&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcallback",
	"ssh://git@github.com:22/acme/prompts.git", "Meet at 10:30@home or write to key.account@acme.io:support",
	"-----BEGIN PUBLIC KEY----- is a public key and harmless; a private key starts with BEGIN PRIVATE KEY.",
	"Output: {\"token\": \"<redacted>\", \"secret\": null, \"password\": \"********\"}",
	"{\"type\":\"object\",\"properties\":{\"token\":{\"type\":\"string\"},\"secret\":{\"type\":\"string\"},\"password\":{\"type\":\"string\",\"minLength\":12}},\"required\":[\"token\",\"secret\"]}",
	"access_key: string, secret_key: string, api_token: string | null", "const accessTokenProvider = createAccessTokenProviderFactory(keyManagementServiceClient)",
	"key: customerSupportEscalationPolicyV2, value: text", "token = tokenizer.encode_plus(text, max_length=4096, truncation=True)",
	"max_tokens=4096 top_p=0.95 api_version=2024-10-21-preview", "model = \"gpt-4o-2024-08-06\", key = \"temperature\"",
	"secret santa: budget 20,00 EUR", "The API returned 429 (rate_limit_exceeded): retry-after 1200 ms.",
	"keywords: refund-policy-2024, shipping_times_v3, warranty.terms.2025", "Access via VPN: 10.0.12.34:8443/api/v1/health",
	"Key account manager: Dr. Anna-Lena Müller-Schmidt (+49 30 1234567)", "password reset link: https://acme.example.com/reset?step=2",
	"api = \"https://api.example.com/v2/customers/12345/orders?limit=50&offset=100\"", "auth: see RFC6749, section 4.1.2.1",
	"The password field is <input type=\"password\" name=\"user_password\" minlength=\"12\" autocomplete=\"new-password\">",
	"token_count: 128000, key_length: 256, secret_version: 7, auth_timeout_ms: 30000", "passwd: see /etc/passwd and /etc/shadow",
	"monkey: 12, turkey = 7, donkey => 3", "Token=cl100k_base, o200k_base", "Your access code has 6 digits, like 12 34 56.",
}

// cleanKinds make prompts without credentials that look as if.
func cleanKinds() map[string]func(m maker) string {
	name := func(m maker) string {
		return m.pick("key", "token", "api", "access", "session", "cache key", "request token", "secret name", "auth id", "primary_key", "idempotency_key", "partition key", "commit key")
	}
	return map[string]func(m maker) string{
		"prose":     func(m maker) string { return cleanProse(m, 600+m.IntN(3000)) },
		"sentences": func(m maker) string { return m.some(sentences, 12, "\n") },
		"mixed": func(m maker) string {
			return cleanProse(m, 500) + m.some(sentences, 4, " ") + cleanProse(m, 300)
		},
		"uuids": func(m maker) string {
			return fmt.Sprintf("Order %s, session id: %s. %s: %s\n{\"id\":\"%s\",\"key\":\"%s\"} trace_id=%s", m.uuid(), m.uuid(), name(m), m.uuid(), m.uuid(), m.uuid(), m.of(hexes, 32))
		},
		"digests": func(m maker) string {
			sha := m.of(hexes, 40)
			return fmt.Sprintf("Commit %s (short %s) broke the build; image acme/app@sha256:%s, etag \"%s\", md5 %s.\nsha256: %s\nRevert %s.", sha, sha[:7], m.of(hexes, 64), m.of(hexes, 32), m.of(hexes, 32), m.of(hexes, 64), sha)
		},
		"images": func(m maker) string {
			b := make([]byte, 300)
			for i := range b {
				b[i] = byte(m.IntN(256))
			}
			return "Describe the picture.\n![logo](data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA" + base64.StdEncoding.EncodeToString(b) + ")\nUse the key colours."
		},
		"placeholders": func(m maker) string {
			prefix := m.pick("sk-", "sk-proj-", "sk-ant-api03-", "ghp_", "hf_", "xoxb-", "AKIA", "AIza", "glpat-", "")
			value := prefix + m.pick("...", "…", "xxxxxxxxxxxxxxxxxxxxxxxx", "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", "YOUR_KEY_HERE", "your-key-here", "****************", "<your key>", "{{key}}", "abc123", "1234567890abcdef1234567890abcdef", "REPLACE_ME_WITH_A_KEY", "000000000000000000000000")
			return m.pick("api_key = \"%s\"", "token: %s", "export API_TOKEN=%s", "Authorization: Bearer %s", "{\"secret\": \"%s\"}", "the password is %s.", "X-Api-Key: %s", "https://u:%s@acme.io/")[0:] + "\x00" + value
		},
		"templates": func(m maker) string {
			v := m.pick("api_key", "access_token", "password", "secret", "customer.token", "auth_header", "key2", "session_key_v2_id")
			return fmt.Sprintf("{{#%[1]s}}Use token={{%[1]s}} and \"key\": \"{{{%[1]s}}}\" now.{{/%[1]s}} password: {{ %[1]s }} <%[1]s> ${%[1]s} %%%[1]s%% api_key=${%[1]s:-none} Bearer {{%[1]s}}", v)
		},
		"identifiers": func(m maker) string {
			var parts []string
			for range 8 {
				parts = append(parts, m.pick("Customer", "Order", "Payment", "Invoice", "Refund", "Session")+m.pick("Access", "Token", "Key", "Secret", "Auth")+m.pick("Repository", "Provider", "Manager", "Factory", "Handler")+m.pick("Impl", "V2", "Config", "Test", ""))
			}
			return "Call " + strings.Join(parts, ", ") + ". secretKeyRef: " + strings.ToLower(parts[0]) + "-" + parts[1] + "\ntoken = " + parts[2] + "." + parts[3] + "()\nkey: " + parts[4]
		},
		"schemas": func(m maker) string {
			p := m.pick("token", "secret", "password", "api_key", "access_key", "auth")
			return fmt.Sprintf(`Answer as JSON: {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"%[1]s":{"type":"string","description":"the %[1]s of the user","pattern":"^[a-z0-9]{%[2]d}$","minLength":%[2]d},"%[1]s_id":{"type":"string","format":"uuid"}},"required":["%[1]s"],"additionalProperties":false}`, p, 8+m.IntN(56))
		},
		"numbers": func(m maker) string {
			return fmt.Sprintf("Order %s-%s-%s, customer key: %s, ticket token: T-%s, IBAN DE%s %s %s %s %s %s, phone +49 %s %s, tracking key: 1Z%s, access code: %s, VAT DE%s, card ending %s, key=%s",
				m.of(digits, 3), m.of(digits, 7), m.of(digits, 7), m.of(digits, 10), m.of(digits, 8), m.of(digits, 2), m.of(digits, 4), m.of(digits, 4), m.of(digits, 4), m.of(digits, 4), m.of(digits, 2), m.of(digits, 3), m.of(digits, 8), m.of(digits, 16), m.of(digits, 6), m.of(digits, 9), m.of(digits, 4), m.of(digits, 12))
		},
		"ibans": func(m maker) string {
			return fmt.Sprintf("Refund to DE%s at %s. Auth: SEPA mandate MREF-%s-%s; key date: 2025-0%d-1%d; token: %s-%s", m.of(digits, 20), m.of(uppers, 8), m.of(digits, 4), m.of(digits, 6), 1+m.IntN(9), m.IntN(10), m.pick("ORD", "INV", "TCK", "RMA"), m.of(digits, 9))
		},
		"models": func(m maker) string {
			model := m.pick("gpt-4o-mini-2024-07-18", "claude-sonnet-4-20250514", "gemini-2.0-flash-001", "mistral-large-2411", "meta-llama/Llama-3.3-70B-Instruct", "anthropic.claude-3-5-sonnet-20241022-v2:0", "ft:gpt-4o-mini-2024-07-18:acme::9aBcDeFg", "text-embedding-3-large", "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B")
			return fmt.Sprintf("model = %q\nkey = \"%s\"\ntoken: %s, api: %s\nThe API key is set elsewhere; access=%s", model, model, model, model, model)
		},
		"urls": func(m maker) string {
			return fmt.Sprintf("See https://docs.acme.io/en/api/authentication/access-tokens-%s#create-a-token and https://acme.io/t/%s/comments/%s/how_do_i_reset_my_password/?utm_source=mail&utm_campaign=key-%s. API: https://api.acme.io/v1/keys/%s/usage?from=2025-01-01&to=2025-02-01", m.of(digits, 6), m.of(alnum, 11), m.of(lowers+digits, 7), m.of(digits, 5), m.of(digits, 8))
		},
		"outputs": func(m maker) string {
			return fmt.Sprintf(`Example output: {"status":"ok","request_id":"req_%s","order":"ORD-%s","sku":"AC-%s-%s","token_usage":{"prompt_tokens":%d,"completion_tokens":%d},"api_version":"2024-%02d-01","etag":"W/\"%s\"","next_page_token":null,"created":"2025-03-%02dT10:1%d:22Z","file":"file-%s","thread":"thread_%s"}`,
				m.of(alnum, 24), m.of(digits, 8), m.of(uppers, 3), m.of(digits, 4), m.IntN(4000), m.IntN(900), 1+m.IntN(12), m.of(hexes, 16), 1+m.IntN(28), m.IntN(10), m.of(alnum, 24), m.of(alnum, 24))
		},
		"code": func(m maker) string {
			return fmt.Sprintf("Review:\n```go\nfunc (s *Server) authToken%d(ctx context.Context, key string) (accessToken string, err error) {\n\tsecret := os.Getenv(\"ACME_SECRET_%d\")\n\tif password := r.FormValue(\"password\"); len(password) < %d { return \"\", errPasswordTooShort }\n\treturn hmac.Sign(secret, key+%q), nil\n}\n```\n```sql\nSELECT api_key, token FROM keys WHERE access_level >= %d AND key LIKE 'cust_%%';\n```", m.IntN(9), m.IntN(9), 8+m.IntN(9), m.of(lowers, 6), m.IntN(99))
		},
		"tables": func(m maker) string {
			var b strings.Builder
			b.WriteString("| key | value | token |\n|---|---|---|\n")
			for range 10 {
				fmt.Fprintf(&b, "| %s_%s | %s | %s-%s |\n", m.pick("access", "auth", "api", "secret"), m.pick("level", "mode", "date", "count"), m.of(digits, 4), m.pick("A", "B", "INV"), m.of(digits, 6))
			}
			return b.String()
		},
	}
}

// some are n of these, in any order, sometimes twice.
func (m maker) some(from []string, n int, between string) string {
	var parts []string
	for range n {
		parts = append(parts, from[m.IntN(len(from))])
	}
	return strings.Join(parts, between)
}

func TestCleanPrompts(t *testing.T) {
	d := detector(t)
	const each = 60
	prompts, found := 0, 0
	check := func(name, text string) {
		prompts++
		for _, f := range d.Find(text) {
			found++
			t.Errorf("%s: %s (%s) in a clean prompt: %s", name, f.Rule, f.What, around(text, f.Start, f.End))
		}
	}
	for _, s := range sentences {
		check("sentence", s)
	}
	for name, kind := range cleanKinds() {
		m := newMaker(uint64(len(name)) * 31)
		for i := range each {
			text := kind(m)
			if form, value, ok := strings.Cut(text, "\x00"); ok {
				text = fmt.Sprintf(form, value)
			}
			check(fmt.Sprintf("%s/%d", name, i), text)
		}
	}
	t.Logf("%d findings in %d clean prompts of %d kinds", found, prompts, len(cleanKinds())+1)
	if prompts < 500 {
		t.Errorf("%d clean prompts, want 500", prompts)
	}
}

// around shows a false finding: nothing of what it shows is a secret.
func around(text string, start, end int) string {
	return fmt.Sprintf("%q", text[max(0, start-40):min(len(text), end+20)])
}

// TestPromptFilesAreClean reads whole prompt files, keys and all.
func TestPromptFilesAreClean(t *testing.T) {
	d := detector(t)
	n := 0
	for _, dir := range []string{"../../example", "../../../prompts/testdata"} {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || filepath.Ext(path) != ".toml" {
				return err
			}
			n++
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, f := range d.Find(string(text)) {
				t.Errorf("%s: %s (%s): %s", path, f.Rule, f.What, around(string(text), f.Start, f.End))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 20 {
		t.Errorf("%d prompt files found, want at least 20", n)
	}
}
