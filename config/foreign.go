package config

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// What people bring from other programs, from web pages and from text editors: accepted where its meaning is plain and
// YAML 1.2 allows it, else named, with the right way.

// emptyFile says what an empty file is: the start of one is easily lost, and a daemon that then shows its demo is worse
// than one that says so.
const emptyFile = "the file is empty, as a power cut may leave it (restore it; `inceptiond config` prints one with all " +
	"defaults; {} stands for them)"

// isEmpty tells whether data has nothing in it: no key, no comment.
func isEmpty(data []byte) bool {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	for line := range bytes.Lines(data) {
		line = bytes.Trim(line, " \t\r\n\x00")
		if len(line) > 0 && !bytes.Equal(line, []byte("---")) && !bytes.Equal(line, []byte("...")) {
			return false
		}
	}
	return true
}

var (
	directive = regexp.MustCompile(`^%YAML[ \t]+1\.[0-9]+[ \t]*(#.*)?$`)
	comment   = regexp.MustCompile(`^[ \t]*(#|$)`)
	dashTab   = regexp.MustCompile(`^ *(- +)*-[ \t]*\t`)
)

// modernize writes what YAML 1.2 allows, and the library does not, in the way of the library. Lines keep their numbers.
//
// A file may say that it is YAML 1.2 (section 6.8.1). Tabs may stand wherever they are no indentation (section 6.1):
// before a comment, after the dash of a list.
func modernize(data []byte) []byte {
	lines := bytes.Split(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\n"))
	head := true // no key yet
	for i, line := range lines {
		switch {
		case head && directive.Match(bytes.TrimRight(line, "\r")):
			lines[i] = nil
		case comment.Match(line):
			lines[i] = bytes.ReplaceAll(line, []byte("\t"), []byte(" "))
		default:
			head = head && bytes.HasPrefix(line, []byte("%"))
			tabs := len(dashTab.Find(line))
			lines[i] = append(bytes.ReplaceAll(line[:tabs:tabs], []byte("\t"), []byte(" ")), line[tabs:]...)
		}
	}
	return bytes.Join(lines, []byte("\n"))
}

// tabIndented tells whether a tab stands where YAML wants spaces.
func tabIndented(line []byte) bool {
	indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]
	return bytes.IndexByte(indent, '\t') >= 0 && !comment.Match(line)
}

// noTag says what to write instead of a tag.
func noTag(tag string) string {
	const file = "write the value itself; a password goes to a file of its own, which password_file names"
	name := strings.ToLower(strings.TrimLeft(tag, "!"))
	switch {
	case strings.HasPrefix(name, "secret"), strings.HasPrefix(name, "env"), strings.HasPrefix(name, "vault"):
		return fmt.Sprintf("%s is not supported (%s)", tag, file)
	case strings.HasPrefix(name, "include"):
		return tag + " is not supported (there is one file: write the section here)"
	case strings.HasPrefix(tag, "!!"), strings.HasPrefix(tag, "tag:"):
		return "tags such as !!str are not supported (remove it)"
	}
	return fmt.Sprintf("tags such as %s are not supported (remove it)", quote(tag))
}

var (
	variable    = regexp.MustCompile(`\$\{[^}]*\}?|\$\([^)]*\)?|\{\{.*|<%.*|\{[A-Z][A-Z0-9_]+\}|^\$[A-Z_]+/|[/@:]\$[A-Z_]+`)
	homeFolder  = regexp.MustCompile(`^~[a-z0-9_-]*/`)
	curlyQuotes = regexp.MustCompile(`^[“”„‟«»‘’‚‛‹›]`)
)

// foreign says what is wrong with a value that another program would have understood; "" if nothing is.
func foreign(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode {
		return ""
	}
	if v := strings.Trim(variable.FindString(n.Value), "/@:"); v != "" {
		return fmt.Sprintf("variables such as %s are not expanded (write the value itself; a password goes to a file of "+
			"its own, which password_file names)", variableName(v))
	}
	switch {
	case homeFolder.MatchString(n.Value):
		return fmt.Sprintf("%s: ~ is not expanded (write the whole path, such as /home/pi/…)", quote(n.Value))
	case curlyQuotes.MatchString(n.Value):
		return fmt.Sprintf("%s has typographic quotes (write straight ones, or none)", quote(n.Value))
	}
	return ""
}

// variableName is v without what may be a default value, and not at length: ${NAME:-secret} becomes ${NAME}.
func variableName(v string) string {
	name := strings.TrimLeft(v, "$%{(<= ")
	name = name[:len(name)-len(strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."))]
	for _, b := range []struct{ open, close string }{{"{{", "}}"}, {"${", "}"}, {"$(", ")"}, {"<%", "%>"}, {"{", "}"}} {
		if strings.HasPrefix(v, b.open) {
			return b.open + name + b.close
		}
	}
	return "$" + name
}

var tightColon = regexp.MustCompile(`^[\w-]+:[^\s\p{Z}/]`)

// sectionHint says how to mend what stands where a section belongs.
func sectionHint(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.SequenceNode:
		return " (write the name, a colon, and its keys below; no dashes)"
	case n.Kind == yaml.ScalarNode && tightColon.MatchString(n.Value):
		return " (a space is missing after the colon)"
	}
	return ""
}

// strangers are lines of other kinds of files.
var strangers = []struct {
	line *regexp.Regexp
	what string
}{
	{regexp.MustCompile("^\\s*```"), "a line of Markdown (remove it)"},
	{regexp.MustCompile(`^(<{7}|={7}|>{7})(\s|$)`), "a mark of a merge conflict (choose one of its sides)"},
	{regexp.MustCompile(`^\s*//`), "a comment that starts with // (write #)"},
	{regexp.MustCompile(`^\s*\[[\w.]+\]\s*$`), "a section as in TOML or INI (write its name and a colon, and its keys indented below)"},
	{regexp.MustCompile(`^\s*[\w.-]+\s+=\s`), "an assignment with = (write key: value)"},
	{regexp.MustCompile(`^\s*<[A-Za-z!/?]`), "a line of HTML or XML (is it the right file?)"},
}

// stranger is the problem of a text that is no YAML because of a line of another kind; nil if there is none.
func stranger(data []byte) *Problem {
	for i, line := range bytes.Split(data, []byte("\n")) {
		for _, s := range strangers {
			if s.line.Match(line) {
				return &Problem{Line: i + 1, Message: "not YAML: " + s.what}
			}
		}
	}
	return nil
}

// oddities are characters that look like others, and come from web pages and text processors.
var oddities = []struct{ chars, name, instead string }{
	{"“”„‟«»‘’‚‛‹›", "a typographic quote", "a straight one"},
	{"\u00a0\u2002\u2003\u2009\u202f\u3000", "a no-break or other special space", "a plain one"},
	{"\u200b\u200c\u200d\u2060\ufeff", "an invisible character", "the line anew"},
	{"：", "a wide colon", "a plain one"},
	{"–—−", "a long dash", "a plain -"},
}

// oddity names what may be wrong with a line that has a problem, but does not show; "" if nothing is.
func oddity(line []byte) string {
	text, _, _ := bytes.Cut(line, []byte(" #"))
	for _, o := range oddities {
		if i := bytes.IndexAny(text, o.chars); i >= 0 {
			r := []rune(string(text[i:]))[0]
			return fmt.Sprintf("; the line has %s, %U: write %s", o.name, r, o.instead)
		}
	}
	return ""
}

// explain adds to the problems what does not show in their lines.
func explain(problems []Problem, data []byte) []Problem {
	lines := bytes.Split(data, []byte("\n"))
	for i, p := range problems {
		if p.Line > 0 && p.Line <= len(lines) && !strings.Contains(p.Message, "typographic") {
			problems[i].Message += oddity(lines[p.Line-1])
		}
	}
	return problems
}
