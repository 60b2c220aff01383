package main_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/metrics"
)

// fleetDir has the files of docs/dashboard.md that a person copies.
const fleetDir = "../docs/examples/fleet"

// grafana is the dashboard, as far as tests look at it.
type grafana struct {
	Panels []struct {
		ID          int
		Type, Title string
		GridPos     struct{ X, Y, W, H int }
		Targets     []struct{ RefID, Expr string }
		Options     any
		FieldConfig struct {
			Defaults  struct{ Custom any }
			Overrides []struct{ Matcher struct{ ID, Options string } }
		}
		Transformations []struct {
			ID      string
			Options struct {
				ExcludeByName map[string]bool
				IndexByName   map[string]int
				RenameByName  map[string]string
			}
		}
	}
	Templating struct {
		List []struct{ Name, Type, Definition string }
	}
}

func readDashboard(t *testing.T) (d grafana, whole any) {
	t.Helper()
	text := fleetFile(t, "grafana-dashboard.json")
	for _, to := range []any{&d, &whole} {
		if err := json.Unmarshal(text, to); err != nil {
			t.Fatal(err)
		}
	}
	return d, whole
}

func fleetFile(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(fleetDir, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// installed skips the test where a program is not installed, or fails where CI=true.
func installed(t *testing.T, name, debian string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		shared.Missing(t, "no "+name+" (apt install "+debian+")")
	}
}

// rule is an alert.
type rule struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

func readRules(t *testing.T) (rules []rule) {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	if err := yaml.Unmarshal(fleetFile(t, "inceptiond-alerts.yml"), &file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		rules = append(rules, g.Rules...)
	}
	return rules
}

// Whatever the dashboard and the rules ask for is told by the daemon, with those labels.
func TestFleetAsksForWhatThereIs(t *testing.T) {
	d, _ := readDashboard(t)
	exprs := map[string]string{}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			exprs[fmt.Sprintf("panel %q %s", p.Title, target.RefID)] = target.Expr
		}
	}
	for _, v := range d.Templating.List {
		exprs["variable "+v.Name] = v.Definition
	}
	for _, r := range readRules(t) {
		exprs[r.Alert] = r.Expr
	}
	known := knownMetrics()
	asked := map[string]bool{}
	for where, expr := range exprs {
		for _, m := range regexp.MustCompile(`\b(inceptiond_\w+|node_\w+|up|ALERTS)\b(\{[^}]*\})?`).FindAllStringSubmatch(expr, -1) {
			labels, ok := known[m[1]]
			if !ok {
				t.Errorf("%s: nobody tells %s", where, m[1])
			}
			asked[m[1]] = true
			for _, label := range regexp.MustCompile(`(\w+)\s*=~?\s*"([^"]*)"`).FindAllStringSubmatch(m[2], -1) {
				if !slices.Contains(labels, label[1]) {
					t.Errorf("%s: %s has no label %s", where, m[1], label[1])
				}
				if label[1] == "state" && !slices.Contains(publish.CameraStates(), publish.CameraState(label[2])) {
					t.Errorf("%s: a camera is never %s", where, label[2])
				}
			}
		}
	}
	if len(asked) < 15 {
		t.Errorf("only %v are asked for", slices.Sorted(maps.Keys(asked)))
	}
}

// knownMetrics are the names that an expression may have, and the labels that each can be asked for.
func knownMetrics() map[string][]string {
	target := []string{"job", "instance", "device", "fleet"}
	known := map[string][]string{
		"up": target, "ALERTS": append([]string{"alertname", "alertstate", "severity"}, target...),
		"node_textfile_mtime_seconds": append([]string{"file"}, target...),
	}
	for _, m := range metrics.Table() {
		labels := append(slices.Clone(m.Labels), target...)
		if m.Type == "histogram" {
			known[m.Name+"_bucket"], known[m.Name+"_sum"], known[m.Name+"_count"] = append(labels, "le"), labels, labels
			continue
		}
		known[m.Name] = labels
	}
	return known
}

// The dashboard is as Grafana's own schemas say: all of it, and what its panels say in the words of their kind.
func TestDashboardIsGrafanas(t *testing.T) {
	d, whole := readDashboard(t)
	valid(t, "the dashboard", "dashboard.json", whole)
	ids := map[int]bool{}
	for i, p := range d.Panels {
		where := fmt.Sprintf("panel %q", p.Title)
		file := strings.ReplaceAll(p.Type, "-", "") + ".json"
		valid(t, where+" options", file+"#/definitions/Options", p.Options)
		if p.Type != "stat" { // its schema has none
			valid(t, where+" custom", file+"#/definitions/FieldConfig", p.FieldConfig.Defaults.Custom)
		}
		for _, target := range whole.(map[string]any)["panels"].([]any)[i].(map[string]any)["targets"].([]any) {
			valid(t, where+" target", "prometheus.json", target)
		}
		if g := p.GridPos; ids[p.ID] || g.X < 0 || g.X+g.W > 24 || g.W < 1 || g.H < 1 {
			t.Errorf("%s: id %d, at %+v", where, p.ID, g)
		}
		ids[p.ID] = true
		for _, q := range d.Panels[:i] {
			a, b := p.GridPos, q.GridPos
			if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
				t.Errorf("%s lies on %q", where, q.Title)
			}
		}
	}
	// The schemas are strict: what Grafana does not know, they refuse.
	whole.(map[string]any)["panels"].([]any)[0].(map[string]any)["tittle"] = "x"
	if err := grafanaSchema(t, "dashboard.json").Validate(whole); err == nil {
		t.Error("a misspelt key passes")
	}
}

func valid(t *testing.T, where, schema string, value any) {
	t.Helper()
	if err := grafanaSchema(t, schema).Validate(value); err != nil {
		t.Errorf("%s: %v", where, err)
	}
}

// grafanaSchema is a file of testdata/grafana, or a definition in it. What may be anything stands there as an object of anything.
func grafanaSchema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	file, definition, _ := strings.Cut(name, "#")
	text, err := os.ReadFile(filepath.Join("testdata", "grafana", file))
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile(`"type": "object",\s+"additionalProperties": \{\}`).ReplaceAll(text, []byte(`"description": "anything"`))
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(file, schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile(file + "#" + definition)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// What a table's columns are renamed from, and what they are drawn like, is there.
func TestDashboardColumns(t *testing.T) {
	d, _ := readDashboard(t)
	for _, p := range d.Panels {
		if p.Type != "table" {
			continue
		}
		columns := map[string]bool{"Time": true, "__name__": true, "Value": true}
		for _, target := range p.Targets {
			columns["Value #"+target.RefID] = true
			for _, label := range strings.Split("job instance device fleet camera state model sha256 version broker severity alertname alertstate", " ") {
				columns[label] = true
			}
		}
		shown := maps.Clone(columns)
		for _, change := range p.Transformations {
			o := change.Options
			for _, name := range slices.Concat(slices.Collect(maps.Keys(o.ExcludeByName)), slices.Collect(maps.Keys(o.IndexByName)), slices.Collect(maps.Keys(o.RenameByName))) {
				if !columns[name] {
					t.Errorf("panel %q: no column %q", p.Title, name)
				}
				shown[o.RenameByName[name]] = true
			}
		}
		for _, o := range p.FieldConfig.Overrides {
			if o.Matcher.ID != "byName" || !shown[o.Matcher.Options] {
				t.Errorf("panel %q: no column %q is shown", p.Title, o.Matcher.Options)
			}
		}
	}
}

// Prometheus's own tool takes the files, and each alert fires and does not fire where it should.
func TestAlerts(t *testing.T) {
	installed(t, "promtool", "prometheus")
	for _, args := range [][]string{{"check", "config", "prometheus.yml"}, {"check", "rules", "inceptiond-alerts.yml"}, {"test", "rules", "inceptiond-alerts-test.yml"}} {
		cmd := exec.Command("promtool", args...)
		cmd.Dir = fleetDir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}

// Each alert has a test in which it fires and one in which it does not, a severity, and says what is wrong and what to do.
func TestEachAlertIsTested(t *testing.T) {
	var file struct {
		Tests []struct {
			AlertRuleTest []struct {
				AlertName string `yaml:"alertname"`
				ExpAlerts []any  `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	if err := yaml.Unmarshal(fleetFile(t, "inceptiond-alerts-test.yml"), &file); err != nil {
		t.Fatal(err)
	}
	fires, quiet := map[string]bool{}, map[string]bool{}
	for _, test := range file.Tests {
		for _, a := range test.AlertRuleTest {
			fires[a.AlertName] = fires[a.AlertName] || len(a.ExpAlerts) > 0
			quiet[a.AlertName] = quiet[a.AlertName] || len(a.ExpAlerts) == 0
		}
	}
	doc, err := os.ReadFile("../docs/dashboard.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range readRules(t) {
		if !fires[r.Alert] || !quiet[r.Alert] {
			t.Errorf("%s: fires in a test: %v, does not in one: %v", r.Alert, fires[r.Alert], quiet[r.Alert])
		}
		if !slices.Contains([]string{"critical", "warning", "info"}, r.Labels["severity"]) || r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
			t.Errorf("%+v", r)
		}
		row := regexp.MustCompile("(?m)^\\| `" + r.Alert + "` \\| [^|]+ \\| " + cmp.Or(r.For, "at once") + " \\| " + r.Labels["severity"] + " \\|$")
		if !row.Match(doc) {
			t.Errorf("docs/dashboard.md has no line of %s that is as the rule is", r.Alert)
		}
	}
}
