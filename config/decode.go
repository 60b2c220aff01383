package config

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// maxEntries bounds each of the sections that are lists by name, and lists.
const maxEntries = 100

// maxAnchors bounds the anchors of a model: the largest detectors of faces have some 2000.
const maxAnchors = 10_000

// noAnchors: a few lines with aliases could stand for millions of values.
const noAnchors = "anchors (&name) and aliases (*name) are not supported (write the value out)"

// decoder lays a YAML tree over a value that holds the defaults, and keeps all that is wrong. Keys are written as a
// path with dots. The tree is walked by the shape of the Go types, which do not nest in themselves: its depth is
// bounded by them, whatever the file.
type decoder struct {
	problems []Problem
	lines    map[string]int // where each key of the file stands
}

func (d *decoder) fail(n *yaml.Node, key, format string, args ...any) {
	d.problems = append(d.problems, Problem{Line: n.Line, Key: key, Message: fmt.Sprintf(format, args...)})
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	sizeType     = reflect.TypeFor[Size]()
	wordType     = reflect.TypeFor[Word]()
	switchType   = reflect.TypeFor[Switch]()
	polygonType  = reflect.TypeFor[Polygon]()
	anchorType   = reflect.TypeFor[Anchor]()
)

// value decodes n into v, which can be set. key is its path.
func (d *decoder) value(n *yaml.Node, key string, v reflect.Value) {
	switch kind := v.Kind(); {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.fail(n, key, noAnchors)
	case n.Style&yaml.TaggedStyle != 0:
		d.fail(n, key, "%s", noTag(n.Tag))
	case kind == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		if s, ok := v.Interface().(defaulter); ok {
			s.setDefaults()
		}
		d.value(n, key, v.Elem())
	case kind == reflect.Struct && v.Type() != brokerType:
		d.section(n, key, v)
	case kind == reflect.Map:
		d.entries(n, key, v)
	case isNull(n):
		d.fail(n, key, "has no value (write one, or remove the line for the default)")
	case v.Type() == brokersType:
		d.brokers(n, key, v)
	case v.Type() == brokerType:
		d.broker(n, key, v)
	case kind == reflect.Slice:
		d.list(n, key, v)
	default:
		d.scalar(n, key, v)
	}
}

// section decodes a mapping into a struct.
func (d *decoder) section(n *yaml.Node, key string, v reflect.Value) {
	names := fieldNames(v.Type())
	for name, value := range d.pairs(n, key) {
		path := join(key, name.Value)
		i := slices.Index(names, name.Value)
		if i < 0 {
			d.fail(name, path, "%s", unknownKey(name.Value, v.Type()))
			continue
		}
		d.lines[path] = name.Line
		d.value(value, path, v.Field(i))
	}
}

// entries decodes a mapping into a map, on top of what the map holds.
func (d *decoder) entries(n *yaml.Node, key string, v reflect.Value) {
	for name, value := range d.pairs(n, key) {
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		if v.Len() >= maxEntries {
			d.fail(name, key, "more than %d entries", maxEntries)
			return
		}
		path := join(key, name.Value)
		d.lines[path] = name.Line
		entry := reflect.New(v.Type().Elem())
		k := reflect.ValueOf(name.Value)
		if old := v.MapIndex(k); old.IsValid() {
			entry.Elem().Set(old)
		} else if s, ok := entry.Interface().(defaulter); ok {
			s.setDefaults()
		}
		d.value(value, path, entry.Elem())
		v.SetMapIndex(k, entry.Elem())
	}
}

// pairs yields the names and values of a mapping until there are too many problems. The names are plain and differ. An
// empty section has none.
func (d *decoder) pairs(n *yaml.Node, key string) func(yield func(name, value *yaml.Node) bool) {
	return func(yield func(name, value *yaml.Node) bool) {
		if isNull(n) {
			return
		}
		if n.Kind != yaml.MappingNode {
			d.fail(n, key, "want a section of keys and values, not %s%s", describe(n), sectionHint(n))
			return
		}
		first := map[string]int{}
		for i := 0; i+1 < len(n.Content) && len(d.problems) <= maxProblems; i += 2 {
			name, value := n.Content[i], n.Content[i+1]
			line, twice := first[name.Value]
			switch {
			case name.Kind != yaml.ScalarNode || name.Anchor != "" || name.Tag == "!!merge" || name.Style&yaml.TaggedStyle != 0:
				d.fail(name, key, "want a plain name as key (anchors, merges and tags are not supported)")
				continue
			case twice:
				d.fail(name, join(key, name.Value), "is already in line %d (keep one of them)", line)
				continue
			}
			first[name.Value] = name.Line
			if !yield(name, value) {
				return
			}
		}
	}
}

// list decodes a sequence into a slice, in place of what the slice holds.
func (d *decoder) list(n *yaml.Node, key string, v reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		d.fail(n, key, "want a list such as [%s], not %s%s", example(v.Type().Elem()), describe(n), listHint(v.Type().Elem(), n))
		return
	}
	most := maxEntries
	if v.Type().Elem() == anchorType {
		most = maxAnchors
	}
	if len(n.Content) > most {
		d.fail(n, key, "%d entries are too many (want at most %d)", len(n.Content), most)
		return
	}
	if len(n.Content) == 0 {
		v.SetZero()
		return
	}
	if v.Type().Elem().Kind() == reflect.Slice && n.Content[0].Kind == yaml.ScalarNode {
		d.fail(n, key, "want a list of lists such as [%s], not one list (put the numbers of each in brackets of their own)", example(v.Type().Elem()))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		path := fmt.Sprintf("%s[%d]", key, i)
		d.lines[path] = item.Line
		d.value(item, path, v.Index(i))
	}
}

// scalar decodes a single value.
func (d *decoder) scalar(n *yaml.Node, key string, v reflect.Value) {
	switch habit := foreign(n); {
	case habit != "":
		d.fail(n, key, "%s", habit)
	case n.Kind != yaml.ScalarNode || !setScalar(v, n):
		d.fail(n, key, "want %s, not %s%s", want(v.Type()), describe(n), hint(v.Type(), n))
	}
}

// setScalar sets v to n, or leaves v alone and returns false if n is not a value of v's type.
func setScalar(v reflect.Value, n *yaml.Node) bool {
	switch v.Type() {
	case durationType:
		t, err := time.ParseDuration(n.Value)
		return err == nil && set(v.SetInt, int64(t))
	case sizeType:
		s, ok := parseSize(n.Value)
		return ok && set(v.SetInt, int64(s))
	case switchType:
		auto := n.Tag == "!!str" && n.Value == string(SwitchAuto)
		return (auto || n.Tag == "!!bool") && set(v.SetString, strings.ToLower(n.Value))
	case wordType:
		if number, ok := parseInt(n, 32); ok && number >= 0 {
			return set(v.SetString, strconv.FormatInt(number, 10))
		}
	}
	switch v.Kind() {
	case reflect.String:
		return n.Tag == "!!str" && set(v.SetString, n.Value)
	case reflect.Bool:
		return n.Tag == "!!bool" && set(v.SetBool, strings.EqualFold(n.Value, "true"))
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(n.Value, v.Type().Bits()) // an error also where it is too large
		return (n.Tag == "!!int" || n.Tag == "!!float") && err == nil && set(v.SetFloat, f)
	}
	i, ok := parseInt(n, v.Type().Bits())
	return ok && set(v.SetInt, i)
}

var decimal = regexp.MustCompile(`^[-+]?[0-9]+$`)

// parseInt reads a whole number. One that starts with 0 is decimal, as people mean it and YAML 1.2 says (section
// 10.3.2), though the library takes it for octal, as YAML 1.1 says.
func parseInt(n *yaml.Node, bits int) (int64, bool) {
	if decimal.MatchString(n.Value) {
		i, err := strconv.ParseInt(n.Value, 10, bits)
		return i, err == nil && (n.Tag == "!!int" || n.Tag == "!!float") // 08: the library sees no octal digit
	}
	i, err := strconv.ParseInt(n.Value, 0, bits)
	return i, err == nil && n.Tag == "!!int" && !strings.HasPrefix(strings.TrimLeft(n.Value, "-+"), "0_")
}

func set[T any](f func(T), x T) bool {
	f(x)
	return true
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// join appends a name to a path; a name that is no plain word is quoted.
func join(key, name string) string {
	if !plain(name) || len(name) > 64 {
		name = quote(name)
	}
	if key == "" {
		return name
	}
	return key + "." + name
}

// plain tells whether s is made of letters, digits, - and _ alone, and not empty.
func plain(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return s != ""
}

// fieldNames is the keys of a section, in the order of the struct's fields.
func fieldNames(t reflect.Type) []string {
	names := make([]string, t.NumField())
	for i := range names {
		names[i], _, _ = strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
	}
	return names
}

// locate gives the problems that check found the lines of their keys, or of the nearest section around them. It drops
// those about keys whose value in the file, or entry of a list, could not be read: one message for one mistake is enough.
func (d *decoder) locate(found []Problem) []Problem {
	unread := map[string]bool{}
	for _, p := range d.problems {
		unread[p.Key] = true
	}
	var located []Problem
	for _, p := range found {
		if entry := strings.LastIndex(p.Key, "].") + 1; unread[p.Key] || entry > 0 && unread[p.Key[:entry]] {
			continue
		}
		for key := p.Key; key != "" && p.Line == 0; key = key[:max(strings.LastIndexAny(key, ".["), 0)] {
			p.Line = d.lines[key]
		}
		located = append(located, p)
	}
	return located
}
