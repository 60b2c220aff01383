package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxDepth of a value in a Change; no key of the file goes as deep.
const maxDepth = 10

// toNode makes a tree of a value; t is what it is decoded to, which orders its keys. nil: unknown.
func toNode(v any, t reflect.Type, depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("the value is nested too deep")
	}
	switch v := v.(type) {
	case nil:
		return nil, fmt.Errorf("a list or section holds null (leave it out)")
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v)}, nil
	case string:
		if !utf8.ValidString(v) {
			return nil, fmt.Errorf("the text is not UTF-8")
		}
		return nameNode(v), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%v is no number that the file could have", v)
		}
		return numberNode(number(v)), nil
	case int:
		return numberNode(strconv.Itoa(v)), nil
	case json.Number:
		n := numberNode(v.String())
		if canonical(n) == n.Tag+" "+n.Value {
			return nil, fmt.Errorf("%s is no number that the file could have", v)
		}
		return n, nil
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle}
		for _, item := range v {
			if err := appendNode(n, item, elem(t), depth); err != nil {
				return nil, err
			}
		}
		return n, nil
	case map[string]any:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, name := range inOrder(v, t) {
			if v[name] == nil {
				continue // its default holds
			}
			n.Content = append(n.Content, nameNode(name))
			if err := appendNode(n, v[name], typeIn(t, name), depth); err != nil {
				return nil, err
			}
		}
		return n, nil
	}
	return nil, fmt.Errorf("a %T is no value that the file could have", v)
}

func appendNode(n *yaml.Node, v any, t reflect.Type, depth int) error {
	c, err := toNode(v, t, depth+1)
	n.Content = append(n.Content, c)
	return err
}

func elem(t reflect.Type) reflect.Type {
	if t != nil && t.Kind() == reflect.Slice {
		return t.Elem()
	}
	return nil
}

// inOrder are the names of a section as the documentation orders them, else by the alphabet.
func inOrder(v map[string]any, t reflect.Type) []string {
	names := slices.Sorted(maps.Keys(v))
	sort.SliceStable(names, func(i, j int) bool { return rank(t, names[i]) < rank(t, names[j]) })
	return names
}

// rank is where in a section of type t the documentation has a key; those of any name are all the same.
func rank(t reflect.Type, name string) int {
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return 0
	}
	names := fieldNames(t)
	if i := slices.Index(names, name); i >= 0 {
		return i
	}
	return len(names)
}

func numberNode(text string) *yaml.Node {
	tag := "!!int"
	if strings.ContainsAny(text, ".eE") {
		tag = "!!float"
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text}
}

// number is f in digits, as people write it where that is short.
func number(f float64) string {
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e15) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	return strconv.FormatFloat(f+0, 'f', -1, 64) // no -0
}

// style is how names and texts are written.
type style int

const (
	styleAny    style = iota // without quotes if that is possible
	styleDouble              // all in double quotes, as in JSON
	styleSingle              // in single quotes if that is possible
)

// styleOf is the style of a scalar that is there.
func styleOf(n *yaml.Node) style {
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return styleDouble
	case n.Style&yaml.SingleQuotedStyle != 0:
		return styleSingle
	}
	return styleAny
}

// inline writes n in one line.
func inline(n *yaml.Node, s style) string {
	switch n.Kind {
	case yaml.SequenceNode:
		items := make([]string, len(n.Content))
		for i, c := range n.Content {
			items[i] = inline(c, s)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case yaml.MappingNode:
		var pairs []string
		for i := 0; i+1 < len(n.Content); i += 2 {
			pairs = append(pairs, inlinePair(n.Content[i].Value, n.Content[i+1], s))
		}
		return "{" + strings.Join(pairs, ", ") + "}"
	}
	if n.Tag != "!!str" {
		return n.Value
	}
	return quoted(n.Value, s)
}

func inlinePair(name string, v *yaml.Node, s style) string {
	return quoted(name, s) + ": " + inline(v, s)
}

// blockLines writes a pair in lines, sections in lines of their own.
func blockLines(name string, v *yaml.Node, s style, indent, step int, flow bool) []string {
	margin := strings.Repeat(" ", indent)
	if v.Kind != yaml.MappingNode || len(v.Content) == 0 || flow {
		return []string{margin + inlinePair(name, v, s)}
	}
	lines := []string{margin + quoted(name, s) + ":"}
	for i := 0; i+1 < len(v.Content); i += 2 {
		lines = append(lines, blockLines(v.Content[i].Value, v.Content[i+1], s, indent+step, step, false)...)
	}
	return lines
}

// plainText is what needs no quotes, in brackets either. What looks like something else is found by reading it.
var plainText = regexp.MustCompile(`^[\pL\pN_./(+]([\pL\pN_./+ @%~=()*?;^<>$&|!'"\\-]|:[\pL\pN_./])*$`)

// quoted writes a text so that it is read as one.
func quoted(s string, as style) string {
	if as == styleAny && plainText.MatchString(s) && readsAs(s, s) {
		return s
	}
	if single := "'" + strings.ReplaceAll(s, "'", "''") + "'"; !strings.ContainsFunc(s, needsEscape) &&
		(as == styleSingle || as == styleAny && strings.ContainsAny(s, `"\`)) {
		return single
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case needsEscape(r) && r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		case needsEscape(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// needsEscape tells whether a character cannot stand for itself between quotes, or cannot be seen there.
func needsEscape(r rune) bool { return forbidden(r) || r != ' ' && !unicode.IsPrint(r) }

// readsAs tells whether YAML reads text as the text want.
func readsAs(text, want string) bool {
	n, err := decodeOne([]byte(text))
	if err != nil || n == nil {
		return false
	}
	c := n.Content[0]
	return c.Kind == yaml.ScalarNode && c.Tag == "!!str" && c.Style == 0 && c.Value == want
}
