package importer

import (
	"regexp"
	"slices"
	"strings"
)

var (
	roleLine   = regexp.MustCompile(`(?i)^\s*#?\s*(system|user|assistant|developer|function|tools?)(\[[^\]]*\])?\s*:\s*$`)
	threadLine = regexp.MustCompile(`^\s*!\[thread\]`)
	chatLoop   = regexp.MustCompile(`\{%-?\s*for\s+(\w+)\s+in\s+(\w+)\s*-?%\}\s*#?\s*\{\{\s*(\w+)\.role\s*\}\}\s*:\s*\{\{\s*(\w+)\.content\s*\}\}\s*\{%-?\s*endfor\s*-?%\}`)
)

// promptyBody splits the text at its role lines. Blank lines around a message
// are dropped, as version 2 does.
func (d *draft) promptyBody(m matter, kind string, special map[string]string, old bool) {
	role, start, from := "system", 0, 0
	flush := func(end int) {
		text := m.body[start:end]
		lead := len(text) - len(strings.TrimLeft(text, "\n"))
		for lines := strings.Split(text[lead:], "\n"); len(lines) > 1 && strings.TrimSpace(lines[0]) == ""; lines = lines[1:] {
			lead += len(lines[0]) + 1
		}
		d.promptyText(strings.TrimRight(text[lead:], " \t\n"), m.from+start+lead, role, kind, special, old)
	}
	loops := map[int]int{} // start of a loop over the caller's messages, to its end
	for _, at := range chatLoop.FindAllStringSubmatchIndex(m.body, -1) {
		item := m.body[at[2]:at[3]]
		if m.body[at[6]:at[7]] == item && m.body[at[8]:at[9]] == item {
			loops[at[0]] = at[1]
			special[d.varName(m.body[at[4]:at[5]])] = "thread"
		}
	}
	for from < len(m.body) {
		line, _, _ := strings.Cut(m.body[from:], "\n")
		lead := len(line) - len(strings.TrimLeft(line, " \t"))
		next := from + len(line) + 1
		if end, ok := loops[from+lead]; ok {
			flush(from)
			name := chatLoop.FindStringSubmatch(m.body[from+lead : end])[2]
			d.thread(d.varName(name), m.from+from)
			from, start = end, end
			continue
		}
		if found := roleLine.FindStringSubmatch(line); found != nil {
			flush(from)
			role, start = strings.ToLower(found[1]), min(next, len(m.body))
			if found[2] != "" {
				line, col := position(d.text, m.from+from)
				d.noteAt(line, col, "%s is not carried: a role has no attributes", short(found[2]))
			}
		} else if threadLine.MatchString(line) {
			flush(from)
			d.thread("thread", m.from+from)
			start = min(next, len(m.body))
		}
		from = next
	}
	flush(len(m.body))
}

// thread is where the caller's messages go.
func (d *draft) thread(name string, offset int) {
	if d.hasPlaceholder(name) {
		line, col := position(d.text, offset)
		d.noteAt(line, col, "the second %q is not carried: a placeholder stands once", name)
		return
	}
	d.undeclare(name)
	d.messages = append(d.messages, &message{placeholder: name})
}

// undeclare drops a variable that turned out to be a placeholder.
func (d *draft) undeclare(name string) {
	delete(d.byName, name)
	d.variables = slices.DeleteFunc(d.variables, func(v *variable) bool {
		if v.name == name && v.at != nil {
			d.noteAt(v.at.keyLine, v.at.keyCol, "what the source says of %q is not carried: it is a placeholder, which has no type, default or example", name)
		}
		return v.name == name
	})
}

// promptyText is one message.
func (d *draft) promptyText(text string, from int, role, kind string, special map[string]string, old bool) {
	if strings.TrimSpace(text) == "" {
		return
	}
	t := d.bodyTemplate(from)
	var pieces []piece
	switch kind {
	case "mustache", "handlebars":
		pieces = d.bind(parseMustache(text, d.varName, kind))
	case "jinja2", "jinja", "nunjucks":
		pieces = parseJinja(text, d.varName)
	default:
		t.note(0, "the template language %q is not known: the text is read as Jinja", short(kind))
		pieces = parseJinja(text, d.varName)
	}
	if old {
		pieces = markdownImages(pieces)
	}
	for i, p := range pieces {
		switch {
		case p.kind != isValue || p.ref.path != p.ref.root:
		case special[p.ref.root] == "image":
			pieces[i].kind = isMedia
		case special[p.ref.root] == "thread":
			pieces[i].kind, pieces[i].text = isHistory, p.ref.root
			if i > 0 && pieces[i-1].kind == isText {
				pieces[i-1].text = strings.TrimRight(pieces[i-1].text, " \t\n")
			}
			if i+1 < len(pieces) && pieces[i+1].kind == isText {
				pieces[i+1].text = strings.TrimLeft(pieces[i+1].text, " \t\n")
			}
			d.undeclare(p.ref.root)
		}
	}
	d.split(pieces, t, role)
}

// bind takes names inside of Mustache's sections for variables when they are
// declared.
func (d *draft) bind(pieces []piece) []piece {
	for i, p := range pieces {
		root, _, _ := strings.Cut(p.ref.path, ".")
		declared := slices.ContainsFunc(d.variables, func(v *variable) bool { return v.name == root })
		if p.ref.root == "" && p.ref.path != "." && declared {
			pieces[i].ref.root = root
		}
		d.bind(p.body)
	}
	return pieces
}

var (
	imageText = regexp.MustCompile(`!\[[^\]]*\]\(\s*((?:https?:|data:)[^)\s]+)[^)]*\)`)
	imageOpen = regexp.MustCompile(`!\[[^\]]*\]\(\s*$`)
)

// markdownImages turns ![alt](url) into media, as version 1 does.
func markdownImages(pieces []piece) (out []piece) {
	for i := 0; i < len(pieces); i++ {
		p := pieces[i]
		if p.kind != isText {
			out = append(out, p)
			continue
		}
		done := 0
		for _, m := range imageText.FindAllStringSubmatchIndex(p.text, -1) {
			out = append(out, piece{kind: isText, text: strings.TrimSpace(p.text[done:m[0]]), pos: p.pos + done},
				piece{kind: isMedia, text: p.text[m[2]:m[3]], pos: p.pos + m[0]})
			done = m[1]
		}
		rest := piece{kind: isText, text: p.text[done:], pos: p.pos + done}
		open := imageOpen.FindStringIndex(rest.text)
		if open != nil && i+2 < len(pieces) && pieces[i+1].kind == isValue && strings.HasPrefix(strings.TrimLeft(pieces[i+2].text, " "), ")") {
			rest.text = strings.TrimSpace(rest.text[:open[0]])
			media := pieces[i+1]
			media.kind, media.text = isMedia, ""
			out = append(out, rest, media)
			pieces[i+2].text = strings.TrimSpace(strings.TrimPrefix(strings.TrimLeft(pieces[i+2].text, " "), ")"))
			i++
			continue
		}
		if done > 0 {
			rest.text = strings.TrimSpace(rest.text)
		}
		out = append(out, rest)
	}
	return slices.DeleteFunc(out, func(p piece) bool { return p.kind == isText && p.text == "" })
}
