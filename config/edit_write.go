package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// errHand refuses a change in a text that is written in a way that this package does not know.
var errHand = errors.New("the file is written in a way in which this key cannot be changed alone (change it by hand)")

// pair is a key of a section and its value; a zero pair is the top of the file, which has no key.
type pair struct{ key, value *yaml.Node }

// place is where in a document a key is, or where it belongs.
type place struct {
	pair           // nil if it is not there
	owner pair     // of the section that it is in, or belongs in; that section may be empty, and at the top even nil
	flow  bool     // that section is in braces
	rest  []string // from the first name on that is not there
	names []string // all
	bound pair     // a change of the key touches no lines but this pair's
	lines bool     // there is a bound; else lines are added, and none touched
}

// find walks to the key at path.
func (d *document) find(path []string) (*place, error) {
	p := &place{owner: pair{value: d.root}, names: path}
	if d.root != nil && (isNull(d.root) || d.root.Style&yaml.FlowStyle != 0) {
		p.flow, p.bound, p.lines = true, pair{value: d.root}, true
	}
	for i, name := range path {
		section := p.owner.value
		if section != nil && !isSection(section) {
			return nil, fmt.Errorf("%s is no section", Key(path[:i]...))
		}
		found, err := pick(section, name)
		if err != nil {
			return nil, err
		}
		if p.rest = path[i:]; found.key == nil {
			break
		}
		if i == len(path)-1 {
			p.pair, p.rest = found, nil
			break
		}
		p.owner = found
		if found.value.Style&yaml.FlowStyle != 0 && len(found.value.Content) > 0 && !p.flow {
			p.flow, p.bound, p.lines = true, found, true
		}
	}
	switch {
	case p.lines:
	case p.key != nil:
		p.bound, p.lines = p.pair, true
	case p.owner.key != nil && len(p.owner.value.Content) == 0:
		p.bound, p.lines = p.owner, true
	}
	return p, nil
}

// pick is the pair of this name in a section.
func pick(section *yaml.Node, name string) (found pair, err error) {
	if section == nil || section.Kind != yaml.MappingNode {
		return pair{}, nil
	}
	for i := 0; i+1 < len(section.Content); i += 2 {
		switch key := section.Content[i]; {
		case key.Value != name || key.Kind != yaml.ScalarNode:
		case found.key != nil:
			return pair{}, fmt.Errorf("is in the lines %d and %d (keep one of them)", found.key.Line, key.Line)
		default:
			found = pair{key, section.Content[i+1]}
		}
	}
	return found, nil
}

// write is text after the step, which changes it.
func (s step) write(text []byte) ([]byte, error) {
	d, problem := openDocument(text)
	if problem != nil {
		return nil, errors.New(problem.Message)
	}
	p, err := d.find(s.path)
	if err != nil {
		return nil, err
	}
	var ways [][]splice // the one that touches least comes first
	switch {
	case s.value == nil && p.key == nil:
		return text, nil
	case s.value == nil:
		ways = [][]splice{d.remove(p)}
	case p.key == nil:
		ways = [][]splice{d.insert(p, s.value)}
	default:
		ways = [][]splice{d.renew(p.value, s.value), d.replace(p.pair, s.value, p.flow)}
	}
	want := put(d.root, s.path, s.value)
	for _, way := range ways {
		next := d.spliced(way)
		if isEmpty(next) {
			next = d.emptied(next)
		}
		if d.accepts(p, next, want) {
			return next, nil
		}
	}
	return nil, errHand
}

// emptied is next, in which no key is left, with what stands for that.
func (d *document) emptied(next []byte) []byte {
	if !endsLine(next) {
		next = append(next, d.lineBreak(0)...)
	}
	return append(append(next, "{}"...), d.text[len(d.text)-trailingBreak(string(d.text)):]...)
}

// accepts tells whether next, the text after a change at p, says what is wanted, and has all lines that the key has no part in.
func (d *document) accepts(p *place, next []byte, want *yaml.Node) bool {
	root, problem := parseYAML(next)
	if problem != nil || !sameTree(root, want) {
		return false
	}
	before, after := commonPrefix(d.text, next), commonSuffix(d.text, next)
	if !p.lines {
		return before+after >= len(d.text)
	}
	first := d.line(d.start(p.bound.value))
	if p.bound.key != nil {
		first = d.line(d.start(p.bound.key))
	}
	last := d.last(p.bound)
	from, to := d.starts[first], d.next(last)
	if to == len(d.text) && first > 0 {
		from = d.lineEnd(first - 1) // the break goes with the last line
	}
	return before >= from && after >= len(d.text)-to
}

// last is the last line of a pair, with the comments at its end that are inside of it.
func (d *document) last(p pair) int {
	last := d.line(d.end(p.value))
	if p.key != nil && (isBlock(p.value) || isNull(p.value)) {
		last = d.tail(last, p.key.Column-1)
	}
	return last
}

// isBlock tells whether n is a section or a list in lines of its own.
func isBlock(n *yaml.Node) bool {
	return n.Kind != yaml.ScalarNode && n.Style&yaml.FlowStyle == 0 && len(n.Content) > 0
}

func commonPrefix(a, b []byte) (n int) {
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func commonSuffix(a, b []byte) (n int) {
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// startOf is where a line starts, or the end of the text.
func (d *document) startOf(line int) int {
	if line < len(d.starts) {
		return d.starts[line]
	}
	return len(d.text)
}

// whole puts whole lines, each with its break, in the place of whole lines. A text without a break at its end stays so.
func (d *document) whole(from, to int, lines string) splice {
	if to < len(d.text) || endsLine(d.text) {
		return splice{from, to, lines}
	}
	if n := trailingBreak(lines); n > 0 { // the break moves from the end of the new lines to before them
		if from == len(d.text) {
			return splice{from, to, lines[len(lines)-n:] + lines[:len(lines)-n]}
		}
		return splice{from, to, lines[:len(lines)-n]}
	}
	if from > 0 {
		from = d.lineEnd(d.line(from) - 1)
	}
	return splice{from, to, lines}
}

func endsLine(text []byte) bool { return len(text) == 0 || trailingBreak(string(text)) > 0 }

// trailingBreak is the length of the line break at the end of text.
func trailingBreak(text string) int {
	for i := max(len(text)-3, 0); i < len(text); i++ {
		if n := breakLength([]byte(text[i:])); n > 0 && i+n == len(text) {
			return n
		}
	}
	return 0
}

// style is how names and texts are written where nothing else says so: in double quotes if the file is JSON.
func (d *document) style() style {
	if d.root == nil || len(d.root.Content) == 0 || styleOf(d.root.Content[0]) != styleDouble {
		return styleAny
	}
	return styleDouble
}

// styleAt is the style for what takes the place of n.
func (d *document) styleAt(n *yaml.Node) style {
	for n.Kind != yaml.ScalarNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	if s := styleOf(n); s != styleAny && n.Kind == yaml.ScalarNode {
		return s
	}
	return d.style()
}

// replace writes a value in the place of another one.
func (d *document) replace(p pair, next *yaml.Node, flow bool) []splice {
	text := inline(next, d.styleAt(p.value))
	switch {
	case isNull(p.value) && p.value.Value == "":
		return []splice{d.afterColon(p.key, text)}
	case !isBlock(p.value):
		return []splice{{d.start(p.value), d.end(p.value), text}}
	}
	first, last := d.line(d.start(p.value)), d.last(p)
	return []splice{d.afterColon(p.key, text), d.whole(d.starts[first], d.next(last), "")}
}

// afterColon writes a value for a key that has none in its line.
func (d *document) afterColon(key *yaml.Node, text string) splice {
	at := d.end(key)
	colon := d.skip(at, " \t")
	if colon == len(d.text) || d.text[colon] != ':' {
		return splice{at, at, ": " + text}
	}
	at = colon + 1
	if at < len(d.text) && bytes.IndexByte([]byte(" \t\r\n"), d.text[at]) < 0 {
		text += " "
	}
	return splice{at, at, " " + text}
}

// names of a section, in their order.
func sectionNames(n *yaml.Node) (names []string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		names = append(names, n.Content[i].Value)
	}
	return names
}

// neighbour is the pair in the section of p beside which its key belongs: after the last one that the documentation has
// before it; before the first one, if there is none such.
func (p *place) neighbour() (found pair, after bool) {
	section := p.owner.value
	t := typeOf(p.names[:len(p.names)-len(p.rest)])
	names, at := sectionNames(section), -1
	for i, name := range names {
		if rank(t, name) <= rank(t, p.rest[0]) && (at < 0 || rank(t, name) >= rank(t, names[at])) {
			at = i
		}
	}
	after = at >= 0
	if !after && p.owner.key == nil { // above it may stand what the file is about
		at, after = len(names)-1, true
	}
	at = max(at, 0)
	return pair{section.Content[2*at], section.Content[2*at+1]}, after
}

// nested is value below the names that are not there.
func (p *place) nested(value *yaml.Node) *yaml.Node {
	for _, name := range slices.Backward(p.rest[1:]) {
		value = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{nameNode(name), value}}
	}
	return value
}
