package main_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What differs from run to run and from machine to machine in the output of commands.
var (
	stagesJSON = regexp.MustCompile(`"([a-z]+_ms)":\d+(\.\d+)?([,}])`)
	stagesText = regexp.MustCompile(`\d+\.\d+ ms`)
	tfliteText = regexp.MustCompile(`(?m)^(engine tflite +).*$`)
	tfliteJSON = regexp.MustCompile(`(\{"name":"tflite",).*?\}`)
)

// commands print what they printed.
func commands(t *testing.T) {
	dir := shots(t)
	writeConfig(t, dir, fmt.Sprintf(ofCameras, "broker.local", "camera.local"))
	got := map[string][]string{}
	for _, line := range []string{
		"config check " + configName,
		"config check --print " + configName,
		"model info builtin:demo",
		"model info --json builtin:demo",
		"classify --json --top 12 shots/1.png shots/3.png shots/4.png shots/6.png",
		"classify shots/1.png shots/3.png shots/4.png shots/6.png",
		"bench --json --runs 1 --threads 1",
		"bench --json --runs 1 --threads 1 --profile",
	} {
		text := run(t, dir, strings.Fields(line)...)
		if name := schemaOfCommand(line); name != "" {
			for message := range strings.Lines(text) {
				loadSchemas(t).check(t, name, message)
			}
		}
		if strings.HasPrefix(line, "bench") {
			text = keys(t, text)
		}
		text = stagesJSON.ReplaceAllString(text, `"$1":MS$3`)
		text = stagesText.ReplaceAllString(text, "MS ms")
		text = tfliteText.ReplaceAllString(text, "${1}TFLITE")
		text = tfliteJSON.ReplaceAllString(text, "${1}TFLITE}")
		got[line] = slices.Collect(strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n"))
	}
	golden{sections: got}.check(t, "commands")
}

// schemaOfCommand is the name of the schema that each line of a command's output must hold to; empty: it is for people.
func schemaOfCommand(line string) string {
	if !strings.Contains(line, " --json") {
		return ""
	}
	return map[string]string{"model": "model-info", "classify": "classify", "bench": "bench"}[strings.Fields(line)[0]]
}

// keys are the keys of a JSON document, each with those it is in, in the order of the alphabet.
func keys(t *testing.T, text string) string {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	found := map[string]bool{}
	var walk func(path string, value any)
	walk = func(path string, value any) {
		switch value := value.(type) {
		case map[string]any:
			for key, v := range value {
				found[path+"."+key] = true
				walk(path+"."+key, v)
			}
		case []any:
			for _, v := range value {
				walk(path+"[]", v)
			}
		}
	}
	walk("", value)
	return strings.Join(slices.Sorted(maps.Keys(found)), "\n")
}
