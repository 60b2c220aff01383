package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Redactor hides secrets in texts that are for people: those that it was told, however they are written, and whatever looks like one.
type Redactor struct {
	known *strings.Replacer
}

// least is the length from which on a secret is looked for inside words; a shorter one would be found in too many.
const least = 4

// NewRedactor makes a Redactor that knows secrets. What is in plain, such as the names of cameras, is none, whoever has it as a
// password too.
func NewRedactor(secrets, plain []string) *Redactor {
	var forms []string
	for _, s := range secrets {
		if len(s) < least || slices.Contains(plain, s) || s == Hidden {
			continue
		}
		forms = append(forms, s, url.QueryEscape(s), url.PathEscape(s), base64.StdEncoding.EncodeToString([]byte(s)), base64.URLEncoding.EncodeToString([]byte(s)))
		forms = append(forms, quoted(s))
	}
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) }) // of two that begin alike the longer one
	forms = slices.Compact(forms)
	var pairs []string
	for _, form := range forms {
		pairs = append(pairs, form, Hidden)
	}
	return &Redactor{strings.NewReplacer(pairs...)}
}

// quoted is s as it stands in JSON, without the quotes.
func quoted(s string) string {
	text, _ := json.Marshal(s) // of a text there is no error
	return string(text[1 : len(text)-1])
}

var (
	// likeURL is an address in a text.
	likeURL = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>\\]*[^\s"'<>\\:.,;)]`)
	// likeSecret is a word that says that a secret comes, and that.
	likeSecret = regexp.MustCompile(`(?i)\b((?:pass(?:word|wd|phrase)?|pwd|secret|token|credential|api[_-]?key|authorization)s?["']?\s*[=:]\s*["']?(?:(?:basic|bearer|digest)\s+)?)[^\s"'&,;]+`)
)

// Text is s without secrets.
func (r *Redactor) Text(s string) string {
	s = likeURL.ReplaceAllStringFunc(s, URL)
	return likeSecret.ReplaceAllString(r.known.Replace(s), "${1}"+Hidden)
}

// JSON is a text of JSON, or of several of them, without secrets in the texts in it. All else stays as it is.
func (r *Redactor) JSON(data []byte) []byte {
	var out []byte
	for {
		from := bytes.IndexByte(data, '"')
		if from < 0 {
			return append(out, data...)
		}
		until := endOfString(data[from:]) + from
		out = append(out, data[:from]...)
		out = append(out, r.literal(data[from:until])...)
		data = data[until:]
	}
}

// endOfString is where the text that begins a piece of JSON ends.
func endOfString(data []byte) int {
	for i := 1; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data)
}

// literal is a text in JSON without secrets.
func (r *Redactor) literal(text []byte) []byte {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return []byte(`"` + Hidden + `"`)
	}
	clean := r.Text(s)
	if clean == s {
		return text
	}
	literal, _ := json.Marshal(clean)
	return literal
}
