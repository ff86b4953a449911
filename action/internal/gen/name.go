package gen

import (
	"go/token"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// initialisms are words that Go writes in capitals.
const initialisms = " acl api ascii cpu css dns eof guid html http https id ip json llm qps ram rpc sla smtp sql ssh tcp tls ttl udp ui uid uri url utf8 uuid vm xml xmpp xsrf xss "

// predeclared are names that code in a function may need.
const predeclared = " any append bool byte cap clear close complex complex128 complex64 copy delete error false float32 float64 imag int int16 int32 int64 int8 iota len make max min new nil panic print println real recover rune string true uint uint16 uint32 uint64 uint8 uintptr "

// words splits a name at everything that is neither letter nor digit.
func words(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// exported is a name as an exported identifier: support.reply_url becomes
// SupportReplyURL. What starts with no letter that has an upper case gets prefix.
func exported(name, prefix string) string {
	var b strings.Builder
	for _, w := range words(name) {
		if strings.Contains(initialisms, " "+strings.ToLower(w)+" ") {
			b.WriteString(strings.ToUpper(w))
			continue
		}
		r, size := utf8.DecodeRuneInString(w)
		b.WriteRune(unicode.ToUpper(r))
		b.WriteString(w[size:])
	}
	if r, _ := utf8.DecodeRuneInString(b.String()); !unicode.IsUpper(r) {
		return prefix + b.String()
	}
	return b.String()
}

// unexported is the identifier of a field or argument for an exported one.
func unexported(name string) string {
	if strings.ToUpper(name) == name {
		name = strings.ToLower(name)
	}
	for i := range name { // the initialism at the front, up to the next word
		if !strings.Contains(initialisms, " "+strings.ToLower(name[:i])+" ") || i == 0 {
			continue
		}
		if r, _ := utf8.DecodeRuneInString(name[i:]); unicode.IsUpper(r) && name[:i] == strings.ToUpper(name[:i]) {
			name = strings.ToLower(name[:i]) + name[i:]
			break
		}
	}
	r, size := utf8.DecodeRuneInString(name)
	name = string(unicode.ToLower(r)) + name[size:]
	if token.IsKeyword(name) || strings.Contains(predeclared, " "+name+" ") {
		name += "_"
	}
	return name
}

// scope gives out identifiers, each once.
type scope struct {
	taken map[string]bool
	next  map[string]int // number to try, by what was wanted: thousands may want the same
}

func newScope(reserved ...string) scope {
	s := scope{map[string]bool{}, map[string]int{}}
	for _, name := range reserved {
		s.taken[name] = true
	}
	return s
}

// take returns want, or want with a number behind it.
func (s scope) take(want string) string {
	return s.takeAll(want, func(base string) []string { return []string{base} })[0]
}

// takeAll returns the names that are made of want, all of the same number, so
// that they are seen to belong together.
func (s scope) takeAll(want string, names func(base string) []string) []string {
	for n := max(1, s.next[want]); ; n++ {
		base := want
		if n > 1 {
			base += "_" + strconv.Itoa(n)
		}
		out := names(base)
		if slices.ContainsFunc(out, func(name string) bool { return s.taken[name] }) {
			continue
		}
		s.next[want] = n + 1
		for _, name := range out {
			s.taken[name] = true
		}
		return out
	}
}
