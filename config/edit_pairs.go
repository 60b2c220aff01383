package config

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

// insert adds the key of p to its section.
func (d *document) insert(p *place, value *yaml.Node) []splice {
	section, name, value := p.owner.value, p.rest[0], p.nested(value)
	switch {
	case section == nil:
		return d.insertFirst(name, value)
	case len(section.Content) == 0:
		return d.insertInEmpty(p, name, value)
	case p.flow:
		return d.insertFlow(p, name, value)
	}
	return d.insertLines(p, name, value)
}

// insertFirst adds the first key to a text that has comments only.
func (d *document) insertFirst(name string, value *yaml.Node) []splice {
	at := len(d.text)
	for l := range d.starts {
		if c := d.content(l); bytes.Equal(bytes.TrimRight(c, " \t"), []byte("...")) {
			at = d.starts[l]
		}
	}
	lines := d.joined(blockLines(name, value, d.style(), 0, d.indentation(), false), 0)
	return []splice{d.whole(at, at, lines)}
}

// joined are lines, each with a break as the one at line has.
func (d *document) joined(lines []string, line int) string {
	end := d.lineBreak(line)
	return strings.Join(lines, end) + end
}

// insertLines adds lines to a section.
func (d *document) insertLines(p *place, name string, value *yaml.Node) []splice {
	section := p.owner.value
	beside, after := p.neighbour()
	line, column := d.line(d.end(beside.value)), section.Column-1
	lines := blockLines(name, value, d.style(), column, d.indentation(), flowSections(section))
	if !after {
		at := d.starts[d.headOf(beside.key)]
		return []splice{{at, at, d.joined(lines, line)}}
	}
	if isBlock(beside.value) || isNull(beside.value) {
		line = d.tail(line, column)
	}
	if final := section.Content[len(section.Content)-2]; beside.key == final && len(section.Content) > 2 && d.blankAbove(final) {
		lines = append([]string{""}, lines...)
	}
	at := d.next(line)
	return []splice{d.whole(at, at, d.joined(lines, line))}
}

// headOf is the first of the lines of comments that lead to a key.
func (d *document) headOf(key *yaml.Node) int {
	line := key.Line - 1
	for line > 0 {
		c := d.content(line - 1)
		if isBlank(c) || !comment.Match(c) || indent(c) != key.Column-1 {
			break
		}
		line--
	}
	return line
}

// flowSections tells whether all sections in a section are in braces.
func flowSections(n *yaml.Node) bool {
	braces := false
	for i := 1; i < len(n.Content); i += 2 {
		v := n.Content[i]
		if v.Kind != yaml.MappingNode || len(v.Content) == 0 {
			continue
		}
		if v.Style&yaml.FlowStyle == 0 {
			return false
		}
		braces = true
	}
	return braces
}

// insertInEmpty adds the first key to a section that is written as {} or nothing.
func (d *document) insertInEmpty(p *place, name string, value *yaml.Node) []splice {
	section := p.owner.value
	from, to := d.start(section), d.end(section)
	line := d.line(from)
	alone := line == d.line(to) && isBlank(d.text[d.starts[line]:from]) && isBlank(d.text[to:d.lineEnd(line)])
	if p.owner.key == nil && alone {
		lines := d.joined(blockLines(name, value, d.style(), 0, 2, false), line)
		return []splice{{from, to, lines[:len(lines)-trailingBreak(lines)]}}
	}
	if p.owner.key == nil || p.flow || d.line(d.start(p.owner.key)) != d.line(to) {
		text := inlinePair(name, value, d.style())
		switch {
		case isNull(section) && section.Value == "":
			return []splice{d.afterColon(p.owner.key, "{"+text+"}")}
		case isNull(section):
			return []splice{{from, to, "{" + text + "}"}}
		}
		return []splice{{from + 1, from + 1, text}}
	}
	column := p.owner.key.Column - 1
	step := d.indentation()
	lines := d.joined(blockLines(name, value, d.style(), column+step, step, false), line)
	at := d.next(d.tail(line, column))
	from -= len(d.text[:from]) - len(bytes.TrimRight(d.text[:from], " \t"))
	added := d.whole(at, at, lines)
	if from == to {
		return []splice{added}
	}
	return []splice{{from, to, ""}, added}
}

// insertFlow adds a pair to a section in braces, in a line of its own if the pair before has one.
func (d *document) insertFlow(p *place, name string, value *yaml.Node) []splice {
	beside, after := p.neighbour()
	text := inlinePair(name, value, d.style())
	from, to := d.start(beside.key), d.endOfPair(beside)
	line := d.line(to)
	margin := d.text[d.starts[d.line(from)]:from]
	switch {
	case !after && isBlank(margin):
		return []splice{{from, from, text + "," + d.lineBreak(line) + string(margin)}}
	case !after:
		return []splice{{from, from, text + ", "}}
	}
	comma := d.skip(to, " \t")
	more := comma < len(d.text) && d.text[comma] == ','
	rest := bytes.TrimLeft(d.text[to:d.lineEnd(line)], " \t,")
	if !isBlank(margin) || len(rest) > 0 && rest[0] != '#' {
		return []splice{{to, to, ", " + text}}
	}
	end := d.lineEnd(line)
	text = d.lineBreak(line) + string(margin) + text
	if more && d.line(comma) == line {
		return []splice{{end, end, text + ","}}
	}
	return []splice{{to, to, ","}, {end, end, text}}
}

// endOfPair is the end of a pair, whose value may be missing, and with it the colon.
func (d *document) endOfPair(p pair) int {
	end := max(d.end(p.key), d.end(p.value))
	if isNull(p.value) && p.value.Value == "" {
		end = d.end(p.key)
		if colon := d.skip(end, " \t"); colon < len(d.text) && d.text[colon] == ':' {
			end = colon + 1
		}
	}
	return end
}

// remove takes out the pair at p.
func (d *document) remove(p *place) []splice {
	if p.flow {
		return d.removeFlow(p)
	}
	line := d.line(d.start(p.key))
	last := d.line(d.end(p.value))
	if isBlock(p.value) {
		last = d.last(p.pair)
	}
	return []splice{d.whole(d.starts[line], d.next(last), "")}
}

// removeFlow takes out a pair of a section in braces, with its line if it has one.
func (d *document) removeFlow(p *place) []splice {
	content := p.owner.value.Content
	from, to := d.start(p.key), d.endOfPair(p.pair)
	first, last := content[0] == p.key, content[len(content)-2] == p.key
	comma := d.skip(to, " \t")
	if comma < len(d.text) && d.text[comma] == ',' && d.line(comma) == d.line(to) {
		to = comma + 1
	}
	line := d.line(to)
	rest := bytes.TrimLeft(d.text[to:d.lineEnd(line)], " \t")
	switch {
	case isBlank(d.text[d.starts[d.line(from)]:from]) && (len(rest) == 0 || rest[0] == '#'):
		return []splice{{d.starts[d.line(from)], d.next(line), ""}}
	case first && last:
		return []splice{{d.start(p.owner.value), d.end(p.owner.value), "{}"}}
	case last:
		var before pair
		for i := 0; content[i] != p.key; i += 2 {
			before = pair{content[i], content[i+1]}
		}
		if end := d.endOfPair(before); d.line(end) == d.line(from) {
			return []splice{{end, d.endOfPair(p.pair), ""}}
		}
		return []splice{{from, to, ""}}
	}
	return []splice{{from, to + len(d.text[to:d.lineEnd(line)]) - len(rest), ""}}
}
