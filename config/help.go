package config

import "strings"

// Help is what the documented file says of the keys of models and cameras, each in one line, whatever their names:
// "models.*.task", "cameras.*.objects.threshold".
func Help() map[string]string {
	help := map[string]string{}
	var path, comment []string
	for line := range strings.Lines(file) {
		indent, text := uncommented(strings.TrimRight(line, "\n"))
		switch {
		case text == "":
			comment = nil
			continue
		case text[0] == '#':
			comment = append(comment, strings.TrimSpace(text[1:]))
			continue
		}
		name, _, _ := strings.Cut(text, ":")
		path = append(path[:min(len(path), indent/2)], name)
		if path[0] == "models" || path[0] == "cameras" {
			if len(path) > 1 {
				path[1] = "*"
			}
			help[strings.Join(path, ".")] = strings.Join(comment, " ")
		}
		comment = nil
	}
	return help
}

// uncommented is a line of the file as if no section of it was switched off: how far it is indented, and what it says.
func uncommented(line string) (indent int, text string) {
	text = strings.TrimLeft(line, " ")
	indent = len(line) - len(text)
	if off := strings.TrimPrefix(text, "#"); off != text && off != "" && (off[0] >= 'a' && off[0] <= 'z' || strings.HasPrefix(off, "  ")) {
		text = strings.TrimLeft(off, " ")
		indent += len(off) - len(text)
	}
	return indent, text
}

// Choices are the words that a key may have, for the keys that have a few: of cameras.drive.fit, [stretch crop letterbox]. Those
// of sections that c does not have are left out.
func (c *Config) Choices() map[string][]string {
	k := checker{choices: map[string][]string{}}
	c.checkWith(&k)
	return k.choices
}
