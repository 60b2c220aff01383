package main

import (
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestManPage holds docs/man/inceptiond.1 to the commands and their flags.
func TestManPage(t *testing.T) {
	text, err := os.ReadFile("../docs/man/inceptiond.1")
	if err != nil {
		t.Fatal(err)
	}
	// Of each command the page has an item, followed by those of its flags.
	items := map[string]string{}
	command := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if name, found := strings.CutPrefix(line, ".It Cm "); found {
			command, _, _ = strings.Cut(name, " Ar ")
		}
		items[command] += line + "\n"
	}
	seen := 0
	for _, c := range allCommands(rootCommand(streams{})) {
		if !c.Runnable() || c.Hidden || c.HasSubCommands() && c.Name() == "model" {
			continue
		}
		name := strings.TrimPrefix(c.CommandPath(), "inceptiond ")
		section, described := items[name]
		if !described {
			t.Errorf("the page does not describe the command %q", name)
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Hidden { // for the daemon's own use
				return
			}
			seen++
			want := ".It Fl Fl " + f.Name
			if f.Shorthand != "" {
				want = ".It Fl " + f.Shorthand + " , Fl Fl " + f.Name
			}
			if f.Name != "help" && !strings.Contains(section, want+"\n") && !strings.Contains(section, want+" Ar ") {
				t.Errorf("the page does not describe %s --%s: want %q", name, f.Name, want)
			}
		})
		delete(items, name)
	}
	delete(items, "")
	if len(items) > 0 || seen < 20 {
		t.Errorf("the page describes commands that there are not: %v (%d flags seen)", items, seen)
	}
}

// allCommands are the commands below c, but for those that cobra adds.
func allCommands(c *cobra.Command) []*cobra.Command {
	var list []*cobra.Command
	for _, sub := range c.Commands() {
		if sub.Name() != "help" && sub.Name() != "completion" {
			list = append(list, sub)
			list = append(list, allCommands(sub)...)
		}
	}
	return list
}
