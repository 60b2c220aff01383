package doctor

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish/metrics"
)

// metricsFinding is what is found about metrics that a file asks for.
func metricsFinding(t *testing.T, file string, o metrics.Options) Finding {
	t.Helper()
	e := examination{root: Root(t.TempDir()), options: Options{File: file}, plan: &plan.Plan{Metrics: o}} // nobody can tell who has a port
	var found []Finding
	Run(t.Context(), e.metricsChecks(), func(f Finding) { found = append(found, f) })
	if len(found) != 1 || found[0].Area != "metrics" {
		t.Fatalf("%+v", found)
	}
	return found[0]
}

func TestMetricsPort(t *testing.T) {
	free := "127.0.0.1:" + freeport.Find(t)
	serve := func(text string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/metrics" {
				w.Write([]byte(text))
			}
		}))
		t.Cleanup(s.Close)
		return s.Listener.Addr().String()
	}
	ours := serve("# TYPE inceptiond_build_info gauge\ninceptiond_build_info{version=\"1\"} 1\n")
	_, port, _ := net.SplitHostPort(ours)
	for listen, want := range map[string]string{
		free:              "ok: " + free + " is free for it",
		ours:              "ok: inceptiond runs and listens at " + ours,
		"0.0.0.0:" + port: "ok: inceptiond runs and listens at 0.0.0.0:" + port,
		serve("up 1\n"):   "cannot be had: another program has it",
		"192.0.2.1:9273":  "fault: metrics: listen on 192.0.2.1:9273: cannot assign requested address",
	} {
		f := metricsFinding(t, "my.yaml", metrics.Options{Listen: listen})
		if got := string(f.State) + ": " + f.Found; !strings.Contains(got, want) || f.State == Fault && !strings.Contains(f.Fix, "metrics.listen") {
			t.Errorf("%s: %s -> %s; want %s", listen, got, f.Fix, want)
		}
	}
}

func TestMetricsTextFile(t *testing.T) {
	folder := t.TempDir()
	for name, test := range map[string]struct{ file, path, want string }{
		"as the docs say":      {InstalledConfig, "/run/inceptiond/inceptiond.prom", "ok: /run/inceptiond/inceptiond.prom: the service makes"},
		"elsewhere":            {InstalledConfig, filepath.Join(folder, "x.prom"), "note: " + folder + ": the service may write there only if"},
		"no folder":            {InstalledConfig, filepath.Join(folder, "no", "x.prom"), "fault: there is no folder " + filepath.Join(folder, "no")},
		"without a service":    {"my.yaml", filepath.Join(folder, "x.prom"), "ok: " + filepath.Join(folder, "x.prom") + " can be written"},
		"no folder of my file": {"my.yaml", filepath.Join(folder, "no", "x.prom"), "fault: there is no folder"},
	} {
		f := metricsFinding(t, test.file, metrics.Options{TextFile: test.path})
		if got := string(f.State) + ": " + f.Found; !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v, %v", left, err)
	}
	if list := (&examination{plan: &plan.Plan{}}).metricsChecks(); len(list) > 0 {
		t.Errorf("%d checks without metrics", len(list))
	}
}
