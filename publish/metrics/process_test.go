package metrics

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Names, types and values are those that Prometheus's own library has for a Go program. Some of memory go up and down by themselves, so
// that what is read in between of two readings now and then does not lie between them: it does most of the times.
func TestProcessAsOthers(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // what grows does not shrink meanwhile
	const times = 9
	wrong := map[string][]string{}
	for range times {
		for name, text := range unlikeOthers(t) {
			wrong[name] = append(wrong[name], text)
		}
	}
	for name, texts := range wrong {
		if len(texts) > times/2 {
			t.Errorf("%s %s", name, texts[0])
		}
	}
}

// unlikeOthers is what differs from the library's, by name.
func unlikeOthers(t *testing.T) map[string]string {
	runtime.GC()
	wrong := map[string]string{}
	theirs := prometheus.NewRegistry()
	theirs.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	before, err := theirs.Gather()
	if err != nil {
		t.Fatal(err)
	}
	f := &figures{}
	tellRuntime(f)
	tellProcess(f, os.DirFS("/"))
	after, err := theirs.Gather()
	if err != nil {
		t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	got, err := parser.TextToMetricFamilies(strings.NewReader(written(t, f)))
	if err != nil {
		t.Fatal(err)
	}
	for i, family := range before {
		name := family.GetName()
		ours := got[name]
		delete(got, name)
		if ours.GetType() != family.GetType() {
			wrong[name] = fmt.Sprintf("is a %v, want %v", ours.GetType(), family.GetType())
			continue
		}
		const slack = 16 // of goroutines, files, threads: the library makes some of its own
		was, is, then := valueOf(family), valueOf(ours), valueOf(after[i])
		if is < min(was, then)-slack || is > max(was, then)+slack {
			wrong[name] = fmt.Sprintf("is %v, want %v to %v", is, was, then)
		}
	}
	for name := range got {
		wrong[name] = "is none that others have"
	}
	return wrong
}

// valueOf is the value of a family's only metric, or how many observations it has.
func valueOf(f *dto.MetricFamily) float64 {
	switch m := f.GetMetric()[0]; f.GetType() {
	case dto.MetricType_COUNTER:
		return m.GetCounter().GetValue()
	case dto.MetricType_SUMMARY:
		return float64(m.GetSummary().GetSampleCount())
	default:
		return m.GetGauge().GetValue()
	}
}

// What the system does not tell is absent, and odd files are as good as none.
func TestProcessFiles(t *testing.T) {
	const stat = "7 (a) b) S 1 7 7 0 -1 4194560 17390 0 84 0 250 50 0 0 20 0 11 0 400 1000000 25 18446744073709551615 1\n"
	cpu := "process_cpu_seconds_total 3\n"
	memory := "process_resident_memory_bytes " + number(float64(25*os.Getpagesize())) + "\n"
	addresses := "process_virtual_memory_bytes 1e+06\n"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{name: "nothing"},
		{"no time of start", map[string]string{"proc/self/stat": stat}, []string{cpu, memory, addresses}},
		{"stat and boot", map[string]string{"proc/self/stat": stat, "proc/stat": "cpu  1 2\nbtime 1700000000\n"},
			[]string{cpu, memory, "process_start_time_seconds 1.700000004e+09\n", addresses}},
		{"a short stat", map[string]string{"proc/self/stat": "7 (a) S 1 7"}, nil},
		{"an empty stat", map[string]string{"proc/self/stat": ""}, nil},
		{"odd times of boot", map[string]string{"proc/self/stat": stat, "proc/stat": "btime \nbtime x\n"}, []string{cpu, memory, addresses}},
		{"limits", map[string]string{"proc/self/limits": "Limit  Soft Limit\nMax address space         unlimited            unlimited            bytes\nMax open files            1024                 524288               files\n"},
			[]string{"process_max_fds 1024\n", "process_virtual_memory_max_bytes 1.8446744073709552e+19\n"}},
		{"odd limits", map[string]string{"proc/self/limits": "Max address space\nMax open files  many\n"}, nil},
		{"files", map[string]string{"proc/self/fd/0": "", "proc/self/fd/1": ""}, []string{"process_open_fds 2\n"}},
		{"network", map[string]string{"proc/self/net/netstat": "TcpExt: InOctets\nTcpExt: 5\nIpExt: InNoRoutes InOctets OutOctets\nIpExt: 12 300 400\n"},
			[]string{"process_network_receive_bytes_total 300\n", "process_network_transmit_bytes_total 400\n"}},
		{"odd network", map[string]string{"proc/self/net/netstat": "IpExt: InNoRoutes InOctets OutOctets\nIpExt: 12 x\n"}, nil},
		{"names alone", map[string]string{"proc/self/net/netstat": "IpExt: InNoRoutes InOctets OutOctets\n"}, nil},
	} {
		root := fstest.MapFS{}
		for name, text := range c.files {
			root[name] = &fstest.MapFile{Data: []byte(text)}
		}
		f := &figures{}
		tellProcess(f, root)
		var got []string
		for line := range strings.Lines(written(t, f)) {
			if !strings.HasPrefix(line, "#") {
				got = append(got, line)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
