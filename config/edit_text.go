package config

import (
	"bytes"
	"sort"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// document is a text and its tree. Positions are in bytes, lines count from 0.
type document struct {
	text   []byte
	starts []int      // of the lines
	root   *yaml.Node // nil: there are only comments
}

// openDocument reads a text without a byte order mark.
func openDocument(text []byte) (*document, *Problem) {
	root, problem := parseYAML(text)
	if problem != nil {
		return nil, problem
	}
	d := &document{text: text, starts: []int{0}, root: root}
	for i := 0; i < len(text); {
		n := breakLength(text[i:])
		i += max(n, 1)
		if n > 0 {
			d.starts = append(d.starts, i)
		}
	}
	return d, nil
}

// breakLength is the length of the line break that text starts with; 0: there is none. These are YAML 1.1's, by which the
// library counts lines.
func breakLength(text []byte) int {
	for _, b := range []string{"\r\n", "\n", "\r", "\u0085", "\u2028", "\u2029"} {
		if len(text) >= len(b) && string(text[:len(b)]) == b {
			return len(b)
		}
	}
	return 0
}

// line is the line of a position.
func (d *document) line(at int) int { return sort.SearchInts(d.starts, at+1) - 1 }

// next is where the line after this one starts.
func (d *document) next(line int) int {
	if line+1 < len(d.starts) {
		return d.starts[line+1]
	}
	return len(d.text)
}

// content is a line without its break.
func (d *document) content(line int) []byte {
	text := d.text[d.starts[line]:d.next(line)]
	for i := range text {
		if n := breakLength(text[i:]); n > 0 && i+n == len(text) {
			return text[:i]
		}
	}
	return text
}

// lineEnd is where the content of a line ends.
func (d *document) lineEnd(line int) int { return d.starts[line] + len(d.content(line)) }

// lineBreak is how a line ends, or the first one if it is the last without a break.
func (d *document) lineBreak(line int) string {
	for _, l := range []int{line, 0} {
		if b := d.text[d.lineEnd(l):d.next(l)]; len(b) > 0 {
			return string(b)
		}
	}
	return "\n"
}

// start is where n starts.
func (d *document) start(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(d.starts) {
		return len(d.text)
	}
	at := d.starts[n.Line-1]
	for range n.Column - 1 {
		_, size := utf8.DecodeRune(d.text[at:])
		at += size
	}
	return at
}

// end is where n ends, without what may follow it in its line. An empty value ends where it starts.
func (d *document) end(n *yaml.Node) int {
	at := d.start(n)
	switch {
	case n.Kind != yaml.ScalarNode && n.Style&yaml.FlowStyle == 0:
		if len(n.Content) > 0 {
			at = d.end(n.Content[len(n.Content)-1])
		}
	case n.Kind != yaml.ScalarNode:
		at++
		if len(n.Content) > 0 {
			at = d.end(n.Content[len(n.Content)-1])
		}
		at = d.skip(at, " \t,:?") + 1 // a mark of an empty last value, a comma after the last one
	case n.Style&yaml.DoubleQuotedStyle != 0:
		at = d.after(at+1, '"', '\\')
	case n.Style&yaml.SingleQuotedStyle != 0:
		at = d.after(at+1, '\'', '\'')
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		at = d.blockEnd(d.line(at))
	default:
		at = d.plainEnd(at, n.Value)
	}
	return min(at, len(d.text))
}

// after is the position after the next quote that is not escaped.
func (d *document) after(at int, quote, escape byte) int {
	for ; at < len(d.text); at++ {
		switch c := d.text[at]; {
		case c == escape && (escape != quote || at+1 < len(d.text) && d.text[at+1] == quote):
			at++
		case c == quote:
			return at + 1
		}
	}
	return at
}

// blockEnd is the end of a block scalar whose header is in this line.
func (d *document) blockEnd(line int) int {
	outer, last := indent(d.content(line)), line
	for l := line + 1; l < len(d.starts); l++ {
		switch c := d.content(l); {
		case isBlank(c):
		case indent(c) > outer:
			last = l
		default:
			return d.lineEnd(last)
		}
	}
	return d.lineEnd(last)
}

// plainEnd is the end of a text without quotes, which may go over several lines.
func (d *document) plainEnd(at int, value string) int {
	isSpace := func(r rune) bool { return strings.ContainsRune(" \t\r\n\u0085\u2028\u2029", r) }
	for _, word := range strings.FieldsFunc(value, isSpace) {
		i := bytes.Index(d.text[at:], []byte(word))
		if i < 0 {
			return at
		}
		at += i + len(word)
	}
	return at
}

// skip goes over line breaks, comments and the characters of chars.
func (d *document) skip(at int, chars string) int {
	for at < len(d.text) {
		n := breakLength(d.text[at:])
		switch c := d.text[at]; {
		case n > 0:
			at += n
		case c == '#':
			at = d.lineEnd(d.line(at))
		case strings.IndexByte(chars, c) >= 0:
			at++
		default:
			return at
		}
	}
	return at
}

// tail is the last line of those below line that belong to it because they are comments that begin right of column.
func (d *document) tail(line, column int) int {
	last := line
	for l := line + 1; l < len(d.starts); l++ {
		c := d.content(l)
		if isBlank(c) {
			continue
		}
		if !comment.Match(c) || indent(c) <= column {
			break
		}
		last = l
	}
	return last
}

// indent is the number of spaces and tabs that a line begins with.
func indent(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " \t")) }

func isBlank(line []byte) bool { return len(bytes.Trim(line, " \t\r")) == 0 }

// blankAbove tells whether a blank line stands above n and the comments that lead to it.
func (d *document) blankAbove(n *yaml.Node) bool {
	for l := n.Line - 2; l >= 0; l-- {
		c := d.content(l)
		if isBlank(c) {
			return true
		}
		if !comment.Match(c) {
			return false
		}
	}
	return false
}

// indentation is by how much sections are indented in this file, in spaces.
func (d *document) indentation() int {
	const usual = 2
	n := d.root
	if n == nil || n.Kind != yaml.MappingNode || n.Style&yaml.FlowStyle != 0 {
		return usual
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		v := n.Content[i+1]
		if v.Kind != yaml.MappingNode || v.Style&yaml.FlowStyle != 0 {
			continue
		}
		if by := v.Column - n.Column; by > 0 {
			return by
		}
	}
	return usual
}

// splice puts a text in the place of what is between two positions.
type splice struct {
	from, to int
	with     string
}

// spliced is the text with splices, which do not overlap.
func (d *document) spliced(splices []splice) []byte {
	sort.SliceStable(splices, func(i, j int) bool { return splices[i].from < splices[j].from })
	var b bytes.Buffer
	at := 0
	for _, s := range splices {
		b.Write(d.text[at:max(s.from, at)])
		b.WriteString(s.with)
		at = max(s.to, at)
	}
	b.Write(d.text[at:])
	return b.Bytes()
}
