package config

import (
	"bytes"

	"go.yaml.in/yaml/v3"
)

// renew changes in a value only what differs: of a list the entries.
func (d *document) renew(old, next *yaml.Node) []splice {
	switch {
	case sameTree(old, next) && old.Kind == next.Kind:
		return nil
	case old.Kind != yaml.SequenceNode || next.Kind != yaml.SequenceNode || len(next.Content) == 0 || len(old.Content) == 0:
		if isBlock(old) || isNull(old) {
			return nil // see replace
		}
		return []splice{{d.start(old), d.end(old), inline(next, d.styleAt(old))}}
	case len(old.Content) == len(next.Content):
		var all []splice
		for i := range old.Content {
			all = append(all, d.renew(old.Content[i], next.Content[i])...)
		}
		return all
	}
	return d.renewList(old, next)
}

// renewList is renew of a list that becomes longer or shorter.
func (d *document) renewList(old, next *yaml.Node) []splice {
	was, is := old.Content, next.Content
	same, limit := 0, min(len(was), len(is)) // entries at the start that stay, and at the end
	for same < limit && sameTree(was[same], is[same]) {
		same++
	}
	end := 0
	for end < limit-same && sameTree(was[len(was)-1-end], is[len(is)-1-end]) {
		end++
	}
	out, in := was[same:len(was)-end], is[same:len(is)-end]
	s := d.styleAt(was[0])
	if isBlock(old) {
		return d.renewLines(old, same, out, in, s)
	}
	text := inline(&yaml.Node{Kind: yaml.SequenceNode, Content: in}, s)
	text = text[1 : len(text)-1]
	switch {
	case len(out) > 0 && len(in) > 0:
		return []splice{{d.start(out[0]), d.end(out[len(out)-1]), text}}
	case len(out) > 0 && same > 0:
		return []splice{{d.end(was[same-1]), d.end(out[len(out)-1]), ""}}
	case len(out) > 0:
		return []splice{{d.start(out[0]), d.start(was[len(out)]), ""}}
	case same > 0:
		return []splice{{d.end(was[same-1]), d.end(was[same-1]), ", " + text}}
	}
	return []splice{{d.start(was[0]), d.start(was[0]), text + ", "}}
}

// renewLines is renewList of a list with dashes: the entries out, before which there are same others, become in.
func (d *document) renewLines(old *yaml.Node, same int, out, in []*yaml.Node, s style) []splice {
	line := d.line(d.start(old))
	if same > 0 {
		line = d.line(d.end(old.Content[same-1])) + 1
	}
	at, to := d.startOf(line), d.startOf(line)
	if len(out) > 0 {
		at = d.starts[d.line(d.start(out[0]))]
		to = d.next(d.line(d.end(out[len(out)-1])))
	}
	var text []byte
	margin := bytes.Repeat([]byte(" "), old.Column-1)
	for _, n := range in {
		text = append(append(append(text, margin...), "- "+inline(n, s)...), d.lineBreak(d.line(d.start(old)))...)
	}
	return []splice{d.whole(at, to, string(text))}
}
