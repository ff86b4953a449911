package llm

// PricesDate is when the default prices were looked up.
const PricesDate = "2026-11-20"

// defaultPrices are list prices of the vendors' own APIs, without discounts for batches.
func defaultPrices() map[string]Price {
	out := map[string]Price{}
	add := func(model string, input, cached, output float64, upTo int, aliases ...string) {
		p := Price{Input: &input, UpTo: upTo, Date: PricesDate, Aliases: aliases}
		if cached >= 0 {
			p.Cached = &cached
		}
		if output >= 0 {
			p.Output = &output
		}
		out[model] = p
	}
	const none, any = -1, 0

	add("gpt-4o", 2.5, 1.25, 10, any, "gpt-4o-2024-08-06", "gpt-4o-2024-11-20")
	add("gpt-4o-2024-05-13", 5, none, 15, any) // the first one cost more
	add("gpt-4o-mini", 0.15, 0.075, 0.6, any, "gpt-4o-mini-2024-07-18")
	add("gpt-4.1", 2, 0.5, 8, any, "gpt-4.1-2025-04-14")
	add("gpt-4.1-mini", 0.4, 0.1, 1.6, any, "gpt-4.1-mini-2025-04-14")
	add("gpt-4.1-nano", 0.1, 0.025, 0.4, any, "gpt-4.1-nano-2025-04-14")
	add("gpt-5", 1.25, 0.125, 10, any, "gpt-5-2025-08-07")
	add("gpt-5-mini", 0.25, 0.025, 2, any, "gpt-5-mini-2025-08-07")
	add("gpt-5-nano", 0.05, 0.005, 0.4, any, "gpt-5-nano-2025-08-07")
	add("gpt-5.1", 1.25, 0.125, 10, any, "gpt-5.1-2025-11-13")
	add("gpt-5.2", 1.75, 0.175, 14, any, "gpt-5.2-2025-12-11")
	add("gpt-5.4", 2.5, 0.25, 15, 271_999)
	add("gpt-5.4-mini", 0.75, 0.075, 4.5, any)
	add("gpt-5.5", 5, 0.5, 30, 271_999)
	add("o1", 15, 7.5, 60, any, "o1-2024-12-17")
	add("o3", 2, 0.5, 8, any, "o3-2025-04-16")
	add("o3-mini", 1.1, 0.55, 4.4, any, "o3-mini-2025-01-31")
	add("o4-mini", 1.1, 0.275, 4.4, any, "o4-mini-2025-04-16")

	add("text-embedding-3-small", 0.02, none, none, any)
	add("text-embedding-3-large", 0.13, none, none, any)
	add("text-embedding-ada-002", 0.1, none, none, any)

	add("claude-3-haiku-20240307", 0.25, 0.03, 1.25, any)
	add("claude-3-5-haiku-latest", 0.8, 0.08, 4, any, "claude-3-5-haiku-20241022")
	add("claude-haiku-4-5", 1, 0.1, 5, any, "claude-haiku-4-5-20251001")
	add("claude-sonnet-4-0", 3, 0.3, 15, any, "claude-sonnet-4-20250514")
	add("claude-sonnet-4-5", 3, 0.3, 15, 200_000, "claude-sonnet-4-5-20250929")
	add("claude-sonnet-4-6", 3, 0.3, 15, any)
	add("claude-sonnet-5", 2, 0.2, 10, any)
	add("claude-opus-4-0", 15, 1.5, 75, any, "claude-opus-4-20250514")
	add("claude-opus-4-1", 15, 1.5, 75, any, "claude-opus-4-1-20250805")
	add("claude-opus-4-5", 5, 0.5, 25, any, "claude-opus-4-5-20251101")
	add("claude-opus-4-6", 5, 0.5, 25, any)
	add("claude-opus-4-7", 5, 0.5, 25, any)
	add("claude-opus-4-8", 5, 0.5, 25, any)
	return out
}
