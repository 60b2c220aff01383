package config

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Change is a new value of a key.
type Change struct {
	Key string // as in [Problem]: cameras.drive.region.x; entries of lists have none of their own

	// Value is what encoding/json makes of JSON. nil takes the key out, so that its default holds; a map or a list takes
	// the place of the whole value.
	Value any
}

// These bound the work of one Edit.
const (
	maxChanges = 500  // of keys that become others
	maxAsked   = 2000 // of keys
)

// Edit makes changes to data, the text of a config file: it replaces the values that are others, and adds and removes
// lines, in the style of what is around them. All else stays byte for byte: comments, order, line ends. A value that is in
// force already is left as it is written.
//
// What it returns says what data says with the changes, which need not be possible values: [Parse] tells. The error is an
// *Error: data is no YAML, a change has no key or value that the file could have, or data is written in a way in which the
// change cannot be made without touching other lines.
func Edit(data []byte, changes []Change) ([]byte, error) {
	bom := data[:len(data)-len(bytes.TrimPrefix(data, []byte("\ufeff")))]
	text := data[len(bom):]
	root, problem := parseYAML(data)
	if problem != nil {
		return nil, newError("config", []Problem{*problem})
	}
	var steps []step
	for _, c := range changes {
		s, err := newStep(c)
		if err != nil {
			return nil, newError("config", []Problem{{Key: c.Key, Message: err.Error()}})
		}
		steps = append(steps, s)
	}
	steps = refine(root, steps)
	if len(steps) <= maxAsked {
		steps = needed(root, steps)
	}
	if len(steps) > maxChanges {
		return nil, newError("config", []Problem{{Message: fmt.Sprintf("%d changes at once are too many (want at most %d)", len(steps), maxChanges)}})
	}
	for _, s := range steps {
		next, err := s.write(text)
		if hidesSecret(s.value) {
			err = errHidden
		}
		if err != nil {
			return nil, newError("config", []Problem{{Key: Key(s.path...), Message: err.Error()}})
		}
		text = next
	}
	if len(text) > maxFile {
		return nil, newError("config", []Problem{{Message: fmt.Sprintf("the file would have more than %d bytes", maxFile)}})
	}
	return append(slices.Clone(bom), text...), nil
}

// step is a change of one key.
type step struct {
	path  []string
	value *yaml.Node // nil: take it out
}

func newStep(c Change) (step, error) {
	path, err := splitKey(c.Key)
	if err != nil || c.Value == nil {
		return step{path: path}, err
	}
	value, err := toNode(c.Value, typeOf(path), 0)
	return step{path, value}, err
}

// splitKey is the reverse of [Key].
func splitKey(key string) (path []string, err error) {
	for rest := key; ; {
		name, quoted := "", strings.HasPrefix(rest, `"`)
		if quoted {
			text, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return nil, errors.New("a quote in the key is not closed")
			}
			rest = rest[len(text):]
			if name, err = strconv.Unquote(text); err != nil {
				return nil, err
			}
		} else {
			end := strings.IndexByte(rest, '.')
			if end < 0 {
				end = len(rest)
			}
			name, rest = rest[:end], rest[end:]
			switch {
			case strings.Contains(name, "["):
				return nil, errors.New("lists are changed as a whole (leave out the brackets)")
			case !plain(name):
				return nil, errors.New(`is not a key (want one such as cameras.drive.region.x, special names in quotes: cameras."my camera")`)
			}
		}
		path = append(path, name)
		if rest == "" {
			return path, nil
		}
		if rest[0] != '.' {
			return nil, errors.New("a dot is missing between two names of the key")
		}
		rest = rest[1:]
	}
}

// typeOf is what the key at path is decoded to; nil if there is no such key.
func typeOf(path []string) reflect.Type {
	t := reflect.TypeFor[Config]()
	for _, name := range path {
		if t = typeIn(t, name); t == nil {
			return nil
		}
	}
	return t
}

// typeIn is the type of the entry of this name in a section of type t.
func typeIn(t reflect.Type, name string) reflect.Type {
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == nil:
	case t.Kind() == reflect.Map:
		return t.Elem()
	case t.Kind() == reflect.Struct:
		if i := slices.Index(fieldNames(t), name); i >= 0 {
			return t.Field(i).Type
		}
	}
	return nil
}

var (
	urlType   = reflect.TypeFor[URL]()
	errHidden = errors.New("the value has " + redacted + " in it, which is shown in the place of a secret (write the whole address)")
)

// hidesSecret tells whether a value is one that has been shown without its secrets.
func hidesSecret(n *yaml.Node) bool {
	return n != nil && (strings.Contains(n.Value, redacted) || slices.ContainsFunc(n.Content, hidesSecret))
}

// hidden adds to texts the addresses in n that are shown without their secrets.
func hidden(n *yaml.Node, texts []string) []string {
	if n.Kind == yaml.ScalarNode && URL(n.Value).String() != n.Value {
		texts = append(texts, n.Value)
	}
	for _, c := range n.Content {
		texts = hidden(c, texts)
	}
	return texts
}

// unhide is n with the secrets of those of texts that it has as they are shown.
func unhide(n *yaml.Node, texts []string) *yaml.Node {
	next := *n
	next.Content = nil
	for _, c := range n.Content {
		next.Content = append(next.Content, unhide(c, texts))
	}
	if i := slices.IndexFunc(texts, func(text string) bool { return URL(text).String() == n.Value }); i >= 0 && n.Kind == yaml.ScalarNode {
		next.Value = texts[i]
	}
	return &next
}

// refine replaces each change of a whole section that is there by changes of its keys, so that what stays in it is not
// written anew.
func refine(root *yaml.Node, steps []step) (fine []step) {
	var add func(s step)
	add = func(s step) {
		old := lookup(root, s.path)
		if t := typeOf(s.path); old != nil && s.value != nil && (t == urlType || t == brokersType) {
			s.value = unhide(s.value, hidden(old, nil))
		}
		if s.value == nil || old == nil || s.value.Kind != yaml.MappingNode || !isSection(old) {
			fine = append(fine, s)
			root = put(root, s.path, s.value)
			return
		}
		for i := 0; i+1 < len(s.value.Content); i += 2 {
			add(step{append(slices.Clone(s.path), s.value.Content[i].Value), s.value.Content[i+1]})
		}
		for i := 0; i+1 < len(old.Content); i += 2 {
			if name := old.Content[i].Value; child(s.value, name) == nil {
				add(step{path: append(slices.Clone(s.path), name)})
			}
		}
	}
	for _, s := range steps {
		add(s)
	}
	return fine
}

// needed leaves out the steps that set what would be so without them: as many at once as possible, since there are many where a
// page has written back all that it was given.
func needed(root *yaml.Node, steps []step) []step {
	all := readTree(putAll(root, steps))
	if len(all.problems) > maxProblems {
		return steps // not all are known
	}
	drop := make([]bool, len(steps))
	without := func(from, to int) bool {
		var others []step
		for i, s := range steps {
			if !drop[i] && (i < from || i >= to || s.value == nil) { // what shall go goes, whatever it says
				others = append(others, s)
			}
		}
		return reflect.DeepEqual(all, readTree(putAll(root, others)))
	}
	var halve func(from, to int)
	halve = func(from, to int) {
		switch {
		case from == to:
		case without(from, to):
			for i := from; i < to; i++ {
				drop[i] = steps[i].value != nil
			}
		case to-from > 1:
			halve((from+to)/2, to)
			halve(from, (from+to)/2)
		}
	}
	halve(0, len(steps))
	var list []step
	for i, s := range steps {
		if !drop[i] {
			list = append(list, s)
		}
	}
	return list
}

// meaning is what a file comes to.
type meaning struct {
	config   *Config
	problems []Problem
}

// readTree is what the file with this tree comes to. Lines do not count.
func readTree(root *yaml.Node) meaning {
	c, problems := readRoot(root)
	for i := range problems {
		problems[i].Line = 0
	}
	sort.SliceStable(problems, func(i, j int) bool {
		a, b := problems[i], problems[j]
		return a.Key+a.Message < b.Key+b.Message
	})
	return meaning{c, problems}
}
