package sbom

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// tree is what a package of our program installs, with a library that is not ours.
func tree(t *testing.T) fstest.MapFS {
	t.Helper()
	program := filepath.Join(t.TempDir(), "inceptiond")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "nethttpomithttp2", "-ldflags", "-s -w", "-o", program, "./daemon")
	cmd.Dir = shared.Root(t)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{
		"usr/bin/inceptiond": {Data: text}, "usr/lib/inceptiond/libtensorflowlite_c.so": {Data: []byte("\x7fELF, and more")},
		"usr/share/doc/inceptiond/page.md": {Data: []byte("# The page")},
	}
}

func described(p fstest.MapFS) Package {
	return Package{Name: "inceptiond", Version: "1.2.0+14.gabcdef0-1", Arch: "arm64", Of: "v1.2.0-14-gabcdef0", File: []byte("!<arch>"), Tree: p, Built: time.Unix(1773498413, 0)}
}

func written(t *testing.T, p Package) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, p); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What is written is CycloneDX, has every module that Go says is in the program, and is the same each time.
func TestWrite(t *testing.T) {
	files := tree(t)
	text := written(t, described(files))
	if again := written(t, described(files)); !bytes.Equal(again, text) {
		t.Error("the second one differs")
	}
	checkSchema(t, text)
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	if d.Metadata.Timestamp != "2026-03-14T14:26:53Z" || d.Metadata.Component.Hashes[0] != sum([]byte("!<arch>"))[0] ||
		d.Metadata.Component.PURL != "pkg:generic/inceptiond@1.2.0%2B14.gabcdef0-1?arch=arm64" {
		t.Errorf("%+v", d.Metadata)
	}
	parts := map[string]component{}
	for _, c := range d.Components {
		if _, twice := parts[c.Name]; twice {
			t.Errorf("%s twice", c.Name)
		}
		parts[c.Name] = c
	}
	for _, m := range modules(t, files["usr/bin/inceptiond"].Data) {
		if c := parts[m.name]; c.Version != m.version || c.Hashes[0].Content != m.h1(t) || len(c.Licences) != 1 {
			t.Errorf("%+v is %+v", m, c)
		}
		delete(parts, m.name)
	}
	program := sha256.Sum256(files["usr/bin/inceptiond"].Data)
	if c := parts["inceptiond"]; c.Ref != "/usr/bin/inceptiond" || c.Hashes[0].Content != hex.EncodeToString(program[:]) {
		t.Errorf("%+v", c)
	}
	if left := slices.Sorted(maps.Keys(parts)); !slices.Equal(left, []string{"TensorFlow Lite", "builtin:demo", "inceptiond", "std"}) {
		t.Errorf("beside modules there are %v", left)
	}
	checkRefs(t, d)
}

// listed is a module as `go version -m` has it.
type listed struct{ name, version, sum string }

func (m listed) h1(t *testing.T) string {
	t.Helper()
	var decoded []byte
	if err := json.Unmarshal([]byte(`"`+strings.TrimPrefix(m.sum, "h1:")+`"`), &decoded); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(decoded)
}

// modules asks Go itself what is in a program.
func modules(t *testing.T, program []byte) (all []listed) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(file, program, 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "version", "-m", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^\tdep\t(\S+)\t(\S+)\t(\S+)`).FindAllStringSubmatch(string(out), -1) {
		all = append(all, listed{m[1], m[2], m[3]})
	}
	if len(all) < 10 {
		t.Fatalf("%s", out)
	}
	return all
}

// Every part has a ref of its own, and every ref is that of a part.
func checkRefs(t *testing.T, d document) {
	t.Helper()
	refs := map[string]bool{d.Metadata.Component.Ref: true}
	for _, c := range d.Components {
		if refs[c.Ref] {
			t.Errorf("%s twice", c.Ref)
		}
		refs[c.Ref] = true
	}
	var used []string
	for _, on := range d.Dependencies {
		used = append(append(used, on.Ref), on.On...)
	}
	for _, c := range d.Compositions {
		used = append(append(used, c.Assemblies...), c.Dependencies...)
	}
	for _, ref := range used {
		if !refs[ref] {
			t.Errorf("there is no %s", ref)
		}
	}
	for ref := range refs {
		if !slices.ContainsFunc(d.Dependencies, func(on dependency) bool { return on.Ref == ref || slices.Contains(on.On, ref) }) {
			t.Errorf("nothing needs %s", ref)
		}
	}
}

var bills = flag.String("bills", "", "also hold the bills of materials of this folder to CycloneDX's schema")

// What .ci/deb has written is CycloneDX, too.
func TestBills(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(*bills, "*.cdx.json"))
	if err != nil || *bills != "" && len(files) == 0 {
		t.Fatalf("no bills in %q: %v", *bills, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		checkSchema(t, text)
	}
}

// checkSchema holds text to CycloneDX's own schema, also with the values of its formats.
func checkSchema(t *testing.T, text []byte) {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	for _, name := range []string{"bom-1.6.schema.json", "spdx.schema.json", "jsf-0.82.schema.json"} {
		file, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiler.AddResource("http://cyclonedx.org/schema/"+name, schema); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := compiler.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%v", err)
	}
	value.(map[string]any)["metadata"].(map[string]any)["author"] = "x"
	if schema.Validate(value) == nil {
		t.Error("the schema takes anything")
	}
}

// What nobody can tell the origin of is refused, with where to write it down.
func TestUnknown(t *testing.T) {
	err := Write(new(bytes.Buffer), described(fstest.MapFS{"usr/lib/x": {Data: []byte("\x7fELF")}}))
	if want := "sbom: what is in usr/lib/x? It is no Go program: add it to foreign (internal/gen/sbom/licences.go)"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	sum := "h1:" + base64.StdEncoding.EncodeToString(make([]byte, sha256.Size))
	for want, info := range map[string]debug.BuildInfo{
		`sbom: /x is a program of "example.org/other" with 1 modules, and none of ours`: {
			Main: debug.Module{Path: "example.org/other"}, Deps: []*debug.Module{{Path: "go.uber.org/zap", Sum: sum}}},
		`sbom: /x is a program of "github.com/inceptiond/inceptiond" with 0 modules, and none of ours`: {Main: debug.Module{Path: ours}},
		"sbom: which licence has example.org/new? Add it to licences (internal/gen/sbom/licences.go)": {
			Main: debug.Module{Path: ours}, Deps: []*debug.Module{{Path: "example.org/new", Sum: sum}}},
		`sbom: go.uber.org/zap has the sum "", which is no h1 of go.sum`: {Main: debug.Module{Path: ours}, Deps: []*debug.Module{{Path: "go.uber.org/zap"}}},
	} {
		b := bill{known: map[string]component{}}
		if err := b.program("/x", nil, &info); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// words are those by which a person knows a licence.
var words = map[string]string{
	"MIT":          `(?i)permission is hereby granted, free of charge`,
	"Apache-2.0":   `(?i)apache license,?\s+version 2\.0`,
	"BSD-2-Clause": `(?s)Redistribution and use in source and binary forms.*THIS SOFTWARE IS PROVIDED`,
	"BSD-3-Clause": `(?s)Redistribution and use in source and binary forms.*Neither the name`,
	"EPL-2.0":      `Eclipse Public License - v 2\.0`,
}

// Each module in a program of ours has a licence in the table, it is the one that stands in the module, and no other is listed.
func TestLicences(t *testing.T) {
	unlisted := maps.Clone(licences)
	for name, dir := range programModules(t) {
		expression, ok := licences[name]
		if !ok {
			t.Errorf("%s: no licence is listed", name)
			continue
		}
		delete(unlisted, name)
		text := ""
		for _, pattern := range []string{"LICENSE*", "edl-v10"} {
			files, _ := filepath.Glob(filepath.Join(dir, pattern))
			for _, file := range files {
				more, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				text += string(more)
			}
		}
		for _, one := range regexp.MustCompile(` AND | OR `).Split(expression, -1) {
			if words[one] == "" || !regexp.MustCompile(words[one]).MatchString(text) {
				t.Errorf("%s: no %s in %.300s", name, one, text)
			}
		}
		if expression == "BSD-2-Clause" && strings.Contains(text, "Neither the name") {
			t.Errorf("%s has three clauses", name)
		}
	}
	if len(unlisted) > 0 {
		t.Errorf("in no program: %v", unlisted)
	}
}

// programModules are the modules in our programs for all that we make packages for, and where they are.
func programModules(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, arch := range []string{"amd64", "arm64", "arm"} {
		for _, args := range [][]string{{"./daemon"}, {"-tags", "tflite", "./infer/tflite/worker"}} {
			cmd := exec.Command("go", append([]string{"list", "-deps", "-f", "{{with .Module}}{{if .Version}}{{.Path}} {{.Dir}}{{end}}{{end}}"}, args...)...)
			cmd.Dir = shared.Root(t)
			cgo := map[bool]string{true: "1", false: "0"}[len(args) > 1]
			cmd.Env = append(os.Environ(), "GOARCH="+arch, "CGO_ENABLED="+cgo)
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(out)) {
				name, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
				all[name] = dir
			}
		}
	}
	return all
}

// The library of TensorFlow Lite is the one that .ci/tflite fetches.
func TestForeign(t *testing.T) {
	script, err := os.ReadFile(filepath.Join(shared.Root(t), ".ci", "tflite"))
	if err != nil {
		t.Fatal(err)
	}
	lite := foreign["libtensorflowlite_c.so"]
	name, version, _ := strings.Cut(strings.TrimPrefix(lite.PURL, "pkg:npm/"), "@")
	for _, want := range []string{"package=" + name + " version=" + version + "\n", "TensorFlow Lite " + lite.Version + " "} {
		if !strings.Contains(string(script), want) {
			t.Errorf(".ci/tflite has no %q", want)
		}
	}
	if !strings.Contains(lite.CPE, ":"+lite.Version+":") {
		t.Error(lite.CPE)
	}
}
