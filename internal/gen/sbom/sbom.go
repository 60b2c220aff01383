// Package sbom writes what is in a package: a software bill of materials, in CycloneDX 1.6.
//
// It is made of what was built, not of what should have been: the linker writes into each Go program which modules it has, with the
// sums that go.sum holds them to, and which toolchain made it. The same package gives the same bytes.
package sbom

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/infer/demomodel"
)

const (
	ours       = "github.com/inceptiond/inceptiond"
	ourLicence = "Apache-2.0" // the programs', and the built-in model's
)

// Package is what is to be described.
type Package struct {
	Name, Version, Arch string // as the package manager has them
	Of                  string // the program's own version
	File                []byte // the package itself
	Tree                fs.FS  // what it installs
	Built               time.Time
}

// Write writes the bill of materials of p. An executable file of which nobody knows what is in it is an error.
func Write(to io.Writer, p Package) error {
	b := bill{Package: p, known: map[string]component{}}
	if err := fs.WalkDir(p.Tree, ".", b.file); err != nil {
		return err
	}
	text := json.NewEncoder(to)
	text.SetEscapeHTML(false)
	text.SetIndent("", "  ")
	return text.Encode(b.document())
}

// bill is what has been found so far.
type bill struct {
	Package
	files    []dependency         // the executable ones, and what is in them
	programs []string             // those of them that are ours
	known    map[string]component // by their ref
}

// file looks at a file of the package.
func (b *bill) file(name string, e fs.DirEntry, err error) error {
	if err != nil || !e.Type().IsRegular() {
		return err
	}
	text, err := fs.ReadFile(b.Tree, name)
	if err != nil || !bytes.HasPrefix(text, []byte(elf.ELFMAG)) {
		return err
	}
	if info, err := buildinfo.Read(bytes.NewReader(text)); err == nil {
		return b.program("/"+name, text, info)
	}
	c, ok := foreign[path.Base(name)]
	if !ok {
		return fmt.Errorf("sbom: what is in %s? It is no Go program: add it to foreign (internal/gen/sbom/licences.go)", name)
	}
	c.Ref, c.Description, c.Hashes = "/"+name, "/"+name, sum(text)
	b.add(c)
	b.files = append(b.files, dependency{Ref: c.Ref})
	return nil
}

// program adds a program of ours, and what the linker says of it.
func (b *bill) program(at string, text []byte, info *debug.BuildInfo) error {
	if info.Main.Path != ours || len(info.Deps) == 0 {
		return fmt.Errorf("sbom: %s is a program of %q with %d modules, and none of ours", at, info.Main.Path, len(info.Deps))
	}
	c := component{
		Type: "application", Ref: at, Name: path.Base(at), Version: b.Of, Description: at, Hashes: sum(text), Licences: []licence{{ourLicence}},
		PURL: purl("golang", ours, b.Of) + "#" + strings.TrimPrefix(info.Path, ours+"/"),
	}
	for _, s := range info.Settings { // the names are registered: https://github.com/CycloneDX/cyclonedx-property-taxonomy
		switch {
		case s.Key == "-tags":
			for tag := range strings.SplitSeq(s.Value, ",") {
				c.Properties = append(c.Properties, property{"cdx:gomod:build:tag", tag})
			}
		case strings.HasPrefix(s.Key, "GO") || s.Key == "CGO_ENABLED":
			c.Properties = append(c.Properties, property{"cdx:gomod:build:env:" + s.Key, s.Value})
		}
	}
	b.add(c)
	has := dependency{at, []string{b.add(library(info.GoVersion))}}
	for _, m := range info.Deps {
		m, err := module(m)
		if err != nil {
			return err
		}
		has.On = append(has.On, b.add(m))
	}
	if info.Path == ours+"/daemon" {
		has.On = append(has.On, b.add(component{
			Type: "machine-learning-model", Ref: "builtin:demo", Name: "builtin:demo", Description: "the model inside the program",
			Hashes: sum(demomodel.Model()), Licences: []licence{{ourLicence}},
		}))
	}
	b.files, b.programs = append(b.files, has), append(b.programs, at)
	return nil
}

// add adds c, unless it is there already, and returns its ref.
func (b *bill) add(c component) string {
	b.known[c.Ref] = c
	return c.Ref
}

// library is Go's own library, of a toolchain such as "go1.26.0 X:nodwarf5".
func library(toolchain string) component {
	version, _, _ := strings.Cut(strings.TrimPrefix(toolchain, "go"), " ")
	at := purl("golang", "std", version)
	return component{
		Type: "library", Ref: at, Name: "std", Version: version, Description: "Go's own library and runtime",
		Licences: []licence{{"BSD-3-Clause"}}, CPE: "cpe:2.3:a:golang:go:" + version + ":*:*:*:*:*:*:*", PURL: at,
	}
}

// module is a module. Its hash is Go's own, "h1" of go.sum: that of the list of its files' SHA-256.
func module(m *debug.Module) (component, error) {
	if m.Replace != nil {
		m = m.Replace
	}
	expression, ok := licences[m.Path]
	if !ok {
		return component{}, fmt.Errorf("sbom: which licence has %s? Add it to licences (internal/gen/sbom/licences.go)", m.Path)
	}
	h1, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:"))
	if err != nil || len(h1) != sha256.Size {
		return component{}, fmt.Errorf("sbom: %s has the sum %q, which is no h1 of go.sum", m.Path, m.Sum)
	}
	at := purl("golang", m.Path, m.Version)
	return component{
		Type: "library", Ref: at, Name: m.Path, Version: m.Version, Hashes: []hash{{"SHA-256", hex.EncodeToString(h1)}},
		Licences: []licence{{expression}}, PURL: at,
	}, nil
}

// document is all of it, in an order that is always the same.
func (b *bill) document() document {
	whole := sum(b.File)
	name := purl("generic", b.Name, b.Version) + "?arch=" + b.Arch
	d := document{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", Spec: "1.6", Serial: serial(b.File), Version: 1,
		Metadata: metadata{
			Timestamp: b.Built.UTC().Format(time.RFC3339), Lifecycle: []phase{{"build"}},
			Tools: tools{[]component{{Type: "application", Name: ours + "/internal/gen sbom", Version: b.Of}}},
			Component: component{
				Type: "application", Ref: name, Name: b.Name, Version: b.Version, Description: b.Name + "_" + b.Version + "_" + b.Arch + ".deb",
				Hashes: whole, Licences: []licence{{ourLicence}}, PURL: name, References: []reference{{"vcs", "https://" + ours}},
			},
		},
		Dependencies: []dependency{{Ref: name}},
	}
	unknown := []string{}
	for _, f := range b.files {
		d.Dependencies[0].On = append(d.Dependencies[0].On, f.Ref)
		if !slices.Contains(b.programs, f.Ref) {
			unknown = append(unknown, f.Ref)
		}
	}
	for _, f := range b.files {
		if slices.Contains(b.programs, f.Ref) && path.Base(f.Ref) != "inceptiond" { // the worker is linked to what lies beside it
			f.On = append(f.On, unknown...)
		}
		slices.Sort(f.On)
		d.Dependencies = append(d.Dependencies, f)
	}
	for _, c := range b.known {
		d.Components = append(d.Components, c)
	}
	slices.SortFunc(d.Components, func(a, b component) int { return cmp.Compare(a.Ref, b.Ref) })
	d.Compositions = []composition{{Aggregate: "complete", Assemblies: []string{name}, Dependencies: append([]string{name}, b.programs...)}}
	if len(unknown) > 0 {
		d.Compositions = append(d.Compositions, composition{Aggregate: "unknown", Dependencies: unknown})
	}
	return d
}

// sum is the SHA-256 of a file.
func sum(text []byte) []hash {
	s := sha256.Sum256(text)
	return []hash{{"SHA-256", hex.EncodeToString(s[:])}}
}

// serial is a UUID of what is described (version 8 of RFC 9562), so that the same package has the same one.
func serial(text []byte) string {
	s := sha256.Sum256(append([]byte("sbom "), text...))
	s[6], s[8] = s[6]&0x0f|0x80, s[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", s[:4], s[4:6], s[6:8], s[8:10], s[10:16])
}

// purl is a package URL (https://github.com/package-url/purl-spec).
func purl(kind, name, version string) string {
	return "pkg:" + kind + "/" + name + "@" + strings.ReplaceAll(url.PathEscape(version), "+", "%2B")
}
