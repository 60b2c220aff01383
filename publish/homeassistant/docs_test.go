package homeassistant

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestEntitiesAreDocumented holds the tables of docs/homeassistant.md to the ones of this package.
func TestEntitiesAreDocumented(t *testing.T) {
	const file = "../../docs/homeassistant.md"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for name, entities := range map[string][]entity{"camera": cameraEntities(), "machine": machineEntities()} {
		head := "<!-- " + name + ": written by go test ./publish/homeassistant -update -->\n"
		before, rest, found := strings.Cut(text, head)
		_, after, ended := strings.Cut(rest, "<!-- end -->")
		if !found || !ended {
			t.Fatalf("%s has no table of the entities of a %s", file, name)
		}
		text = before + head + table(entities) + "<!-- end -->" + after
	}
	if text == string(data) {
		return
	}
	if flag.Lookup("update").Value.String() != "true" {
		t.Fatalf("%s is not as the entities are (go test ./publish/homeassistant -update writes it anew)", file)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func table(entities []entity) string {
	var b strings.Builder
	b.WriteString("\n| entity | platform | what | needs | topic |\n|---|---|---|---|---|\n")
	for _, e := range entities {
		topic := e.made.StateTopic + e.made.ImageTopic
		if e.made.CommandTopic != "" {
			topic = strings.TrimPrefix(topic+", "+e.made.CommandTopic, ", ")
		}
		name := e.made.Name
		if e.each != nil {
			name, topic = "*label* "+name, topic+map[bool]string{true: "/<label>"}[topic == "count"]
		}
		topic = "`" + strings.ReplaceAll(topic, ", ", "`, `") + "`"
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, strings.ReplaceAll(e.made.Platform, "_", " "), e.about, e.needs, topic)
	}
	b.WriteString("\n")
	return b.String()
}
