package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// unknownKey says what is wrong with a key that the section t does not have.
func unknownKey(key string, t reflect.Type) string {
	known := fieldNames(t)
	if key == "password" && slices.Contains(known, "password_file") {
		return "passwords do not belong in this file (write it to a file of its own and name that with password_file)"
	}
	if homes := findDeeper(key, t); len(homes) > 0 {
		return fmt.Sprintf("unknown key (did you mean %s?)", list(homes))
	}
	if s := suggest(key, known); s != "" {
		return fmt.Sprintf("unknown key (did you mean %s?)", s)
	}
	return fmt.Sprintf("unknown key (want %s)", list(known))
}

// findDeeper looks for a key in the sections of the section t.
func findDeeper(key string, t reflect.Type) (homes []string) {
	for i, name := range fieldNames(t) {
		sub := t.Field(i).Type
		if sub.Kind() == reflect.Pointer {
			sub = sub.Elem()
		}
		if sub.Kind() == reflect.Struct && slices.Contains(fieldNames(sub), key) {
			homes = append(homes, join(name, key))
		}
	}
	return homes
}

// list joins words to "a, b or c".
func list(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// want names the type of a value for people.
func want(t reflect.Type) string {
	switch t {
	case durationType:
		return "a duration such as 500ms or 30s"
	case sizeType:
		return "a size such as 4096 or 16MiB"
	case wordType:
		return "a text or a whole number"
	case switchType:
		return "true, false or auto"
	}
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	return "a whole number"
}

// example is an entry of a list of t.
func example(t reflect.Type) string {
	if t == polygonType {
		return "[0, 0, 1, 0, 0.5, 1]"
	}
	if t == anchorType {
		return "[10, 13], [16, 30]"
	}
	if t.Kind() == reflect.String {
		return "one, two"
	}
	return "1, 2, 3"
}

// describe names what the file has instead.
func describe(n *yaml.Node) string {
	text := quote(n.Value)
	switch {
	case n.Kind == yaml.MappingNode:
		return "a section"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!str":
		return "the text " + text
	case n.Tag == "!!int", n.Tag == "!!float":
		return "the number " + strings.Trim(text, `"`)
	}
	return strings.Trim(text, `"`) // true, 2006-01-02
}

// hint says how to mend a value of the wrong type where that is plain.
func hint(t reflect.Type, n *yaml.Node) string {
	meant := n.Value // a number in quotes
	switch {
	case n.Kind != yaml.ScalarNode:
		return ""
	case t == durationType:
		meant = meantDuration(meant)
	case t == sizeType:
		meant = strings.TrimSuffix(strings.ToUpper(meant), "B") + "iB"
	case t.Kind() == reflect.Bool || t == switchType:
		meant = map[string]string{"yes": "true", "on": "true", "no": "false", "off": "false"}[strings.ToLower(meant)]
		if meant == "" {
			return ""
		}
		return " (did you mean " + meant + "?)"
	case t.Kind() == reflect.String:
		return " (put it in quotes)"
	case strings.Count(meant, ",") == 1:
		meant = strings.Replace(meant, ",", ".", 1)
	case strings.Trim(meant, "+-.0123456789") != "":
		return "" // ParseFloat would take a word such as inf
	}
	if !setScalar(reflect.New(t).Elem(), &yaml.Node{Tag: "!!int", Value: meant}) {
		return ""
	}
	return " (did you mean " + meant + "?)"
}

// meantDuration is the duration that somebody may have meant by text: 5, "5 s", 5sec, 10min, 2 hours, 7d.
func meantDuration(text string) string {
	text = strings.ToLower(strings.ReplaceAll(text, " ", ""))
	number := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz")
	switch unit := text[len(number):]; unit {
	case "", "sec", "secs", "second", "seconds":
		return number + "s"
	case "min", "mins", "minute", "minutes":
		return number + "m"
	case "hr", "hrs", "hour", "hours":
		return number + "h"
	case "d", "day", "days":
		if days, err := strconv.Atoi(number); err == nil && days > 0 && days < 10_000 {
			return strconv.Itoa(24*days) + "h"
		}
	}
	return text
}

// listHint is the list of one entry that n may have been meant for.
func listHint(entry reflect.Type, n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || entry.Kind() == reflect.Slice || !setScalar(reflect.New(entry).Elem(), n) {
		return ""
	}
	return fmt.Sprintf(" (did you mean [%s]?)", strings.Trim(quote(n.Value), `"`))
}

// quote shows a value from the file, without secrets and not at length.
func quote(s string) string {
	if strings.Contains(s, "://") {
		s = URL(s).String()
	}
	const maxShown = 60
	if r := []rune(s); len(r) > maxShown {
		s = string(r[:maxShown]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// suggest returns the candidate that word was most likely meant to be, or "".
func suggest(word string, candidates []string) string {
	if len(word) > 40 {
		return ""
	}
	best, limit := "", len(word)/3+1 // so many changes make another word
	for _, c := range candidates {
		w, lower := strings.ToLower(word), strings.ToLower(c)
		if min(len(w), len(lower)) > 2 && (strings.HasPrefix(w, lower) || strings.HasPrefix(lower, w)) {
			return c
		}
		if n := distance(w, lower); n < limit {
			best, limit = c, n
		}
	}
	return best
}

// distance is the number of letters to put in, leave out, replace or swap with their neighbour (optimal string
// alignment) that turns a into b.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replace := 1
			if a[i-1] == b[j-1] {
				replace = 0
			}
			n := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				n = min(n, rows[i-2][j-2]+1)
			}
			rows[i][j] = n
		}
	}
	return rows[len(a)][len(b)]
}
