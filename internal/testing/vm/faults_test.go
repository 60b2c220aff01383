package vm

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

var update = flag.Bool("update", false, "write what the amd64 guest measured into docs/faults.md")

// record is what a fault test of package tests found; see there.
type record struct {
	Part, Fault, Does string
	Recovery          []time.Duration
	Missing           int
}

// row is the record's line of docs/faults.md.
func (r record) row() string {
	slices.Sort(r.Recovery)
	n := len(r.Recovery)
	return fmt.Sprintf("| %s | %s | %s | %.1f s (of %d) | %.1f s | %d |", r.Part, r.Fault, r.Does,
		r.Recovery[n/2].Seconds(), n, r.Recovery[n-1].Seconds(), r.Missing)
}

// key is the part of a row that is no measurement.
func key(row string) string {
	cells := strings.Split(row, "|")
	return strings.Join(cells[:min(4, len(cells))], "|")
}

// faultsFile is the document, in three parts: before the table's rows, the rows, after them.
type faultsFile struct {
	path          string
	before, after string
	rows          []string
}

const firstRow = "|---|---|---|---|---|---|\n"

func readFaults(t *testing.T) faultsFile {
	t.Helper()
	f := faultsFile{path: filepath.Join(shared.Root(t), "docs", "faults.md")}
	text, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), firstRow)
	table, after, end := strings.Cut(rest, "\n\n")
	if !ok || !end {
		t.Fatalf("%s has no table of six columns with text after it", f.path)
	}
	f.before, f.after = before+firstRow, "\n\n"+after
	f.rows = strings.Split(table, "\n")
	return f
}

// put replaces the row of the same fault, or adds one.
func (f *faultsFile) put(row string) {
	for i, old := range f.rows {
		if key(old) == key(row) {
			f.rows[i] = row
			return
		}
	}
	f.rows = append(f.rows, row)
}

// checkFaults holds docs/faults.md to what the tests in a guest found, or writes it there.
func checkFaults(t *testing.T, g *Guest) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(g.Dir, "faults", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	doc := readFaults(t)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var r record
		if err := json.Unmarshal(text, &r); err != nil || len(r.Recovery) == 0 {
			t.Fatalf("%s: %s: %v", file, text, err)
		}
		if *update {
			doc.put(r.row())
			continue
		}
		same := func(row string) bool {
			return key(row) == key(r.row()) && strings.HasSuffix(row, fmt.Sprintf("| %d |", r.Missing))
		}
		if !slices.ContainsFunc(doc.rows, same) {
			t.Errorf("%s has no row like %s (run: make vm-faults)", doc.path, r.row())
		}
	}
	if *update && len(files) > 0 {
		text := doc.before + strings.Join(doc.rows, "\n") + doc.after
		if err := os.WriteFile(doc.path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFaultsAreTested: docs/faults.md tells of no camera fault that is not in package tests any more.
func TestFaultsAreTested(t *testing.T) {
	source, err := os.ReadFile("tests/faults_test.go")
	if err != nil {
		t.Fatal(err)
	}
	tested := 0
	for _, row := range readFaults(t).rows {
		cells := strings.Split(row, "|")
		if len(cells) != 8 {
			t.Errorf("a row of %d cells: %s", len(cells)-2, row)
			continue
		}
		if !strings.Contains(cells[1], "camera") {
			continue
		}
		tested++
		if !strings.Contains(string(source), `name: "`+strings.TrimSpace(cells[2])+`"`) {
			t.Errorf("no test of %q", cells[2])
		}
	}
	if want := strings.Count(string(source), "{name: "); tested != want {
		t.Errorf("%d camera faults in the table, %d in the tests (run: make vm-faults)", tested, want)
	}
}
