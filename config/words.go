package config

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// unknownKey says what is wrong with a key that no section has.
func unknownKey(key string, known []string) string {
	switch {
	case key == "password":
		return "passwords do not belong in this file (write it to a file of its own and name that with password_file)"
	case suggest(key, known) != "":
		return fmt.Sprintf("unknown key (did you mean %s?)", suggest(key, known))
	}
	return fmt.Sprintf("unknown key (known here: %s)", strings.Join(known, ", "))
}

// want names the type of a value for people.
func want(t reflect.Type) string {
	switch t {
	case durationType:
		return "a duration such as 500ms or 30s"
	case sizeType:
		return "a size such as 4096 or 16MiB"
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
	if t.Kind() == reflect.String {
		return "one, two"
	}
	return "1, 2, 3"
}

// describe names what the file has instead.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a section"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(n):
		return "nothing"
	case n.Tag == "!!str":
		return "the text " + quote(n.Value)
	}
	return quote(n.Value)
}

// hint says how to mend a value of the wrong type where that is plain.
func hint(t reflect.Type, n *yaml.Node) string {
	number := n.Tag == "!!int" || n.Tag == "!!float"
	switch {
	case n.Kind != yaml.ScalarNode:
		return ""
	case t == durationType && number:
		if _, err := time.ParseDuration(n.Value + "s"); err == nil {
			return fmt.Sprintf(" (did you mean %ss?)", n.Value)
		}
	case t.Kind() == reflect.String:
		return fmt.Sprintf(" (put it in quotes: %q)", n.Value)
	case t.Kind() == reflect.Bool:
		switch strings.ToLower(n.Value) {
		case "yes", "on", "y", "1":
			return " (did you mean true?)"
		case "no", "off", "n", "0":
			return " (did you mean false?)"
		}
	}
	return ""
}

// quote shows a value from the file, without secrets and not at length.
func quote(s string) string {
	if strings.Contains(s, "://") {
		s = URL(s).String()
	}
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// suggest returns the candidate that word was most likely meant to be, or "".
func suggest(word string, candidates []string) string {
	best, least := "", len(word)/3+2 // so many changes are another word
	if len(word) > 40 {
		return ""
	}
	for _, c := range candidates {
		if n := distance(strings.ToLower(word), c); n < least && n < len(c) {
			best, least = c, n
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
