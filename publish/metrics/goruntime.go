package metrics

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// runtimeMetric is a metric that is the sum of samples of package runtime/metrics.
type runtimeMetric struct {
	Metric
	samples []string
}

// runtimeMetrics are those that Prometheus's own library for Go tells, by their names there, so that dashboards fit.
func runtimeMetrics() []runtimeMetric {
	const (
		objects, unused, free, released = "/memory/classes/heap/objects:bytes", "/memory/classes/heap/unused:bytes", "/memory/classes/heap/free:bytes", "/memory/classes/heap/released:bytes"
		stacks, osStacks                = "/memory/classes/heap/stacks:bytes", "/memory/classes/os-stacks:bytes"
		spans, freeSpans                = "/memory/classes/metadata/mspan/inuse:bytes", "/memory/classes/metadata/mspan/free:bytes"
		caches, freeCaches              = "/memory/classes/metadata/mcache/inuse:bytes", "/memory/classes/metadata/mcache/free:bytes"
		tiny                            = "/gc/heap/tiny/allocs:objects"
	)
	gauge := func(name, help string, samples ...string) runtimeMetric {
		return runtimeMetric{Metric{Name: "go_" + name, Type: "gauge", Help: help}, samples}
	}
	counter := func(name, help string, samples ...string) runtimeMetric {
		return runtimeMetric{Metric{Name: "go_" + name, Type: "counter", Help: help}, samples}
	}
	return []runtimeMetric{
		gauge("gc_gogc_percent", "How much the heap may grow before it is collected (GOGC).", "/gc/gogc:percent"),
		gauge("gc_gomemlimit_bytes", "The memory that the runtime tries not to exceed (GOMEMLIMIT).", "/gc/gomemlimit:bytes"),
		gauge("goroutines", "Goroutines that there are.", "/sched/goroutines:goroutines"),
		gauge("sched_gomaxprocs_threads", "Threads that may run Go at the same time (GOMAXPROCS).", "/sched/gomaxprocs:threads"),
		gauge("threads", "Threads of the operating system.", "/sched/threads/total:threads"),
		gauge("memstats_alloc_bytes", "Heap in use by objects.", objects),
		counter("memstats_alloc_bytes_total", "Heap that was ever allocated.", "/gc/heap/allocs:bytes"),
		gauge("memstats_buck_hash_sys_bytes", "Memory of the tables of profiles.", "/memory/classes/profiling/buckets:bytes"),
		counter("memstats_frees_total", "Objects that were freed.", "/gc/heap/frees:objects", tiny),
		gauge("memstats_gc_sys_bytes", "Memory of the garbage collector.", "/memory/classes/metadata/other:bytes"),
		gauge("memstats_heap_alloc_bytes", "Heap in use by objects, once more.", objects),
		gauge("memstats_heap_idle_bytes", "Heap that waits to be used.", released, free),
		gauge("memstats_heap_inuse_bytes", "Heap in spans that are in use.", objects, unused),
		gauge("memstats_heap_objects", "Objects on the heap.", "/gc/heap/objects:objects"),
		gauge("memstats_heap_released_bytes", "Heap that was given back to the system.", released),
		gauge("memstats_heap_sys_bytes", "Heap that was had from the system.", objects, unused, released, free),
		counter("memstats_mallocs_total", "Objects that were ever allocated.", "/gc/heap/allocs:objects", tiny),
		gauge("memstats_mcache_inuse_bytes", "Caches of the allocator in use.", caches),
		gauge("memstats_mcache_sys_bytes", "Caches of the allocator.", caches, freeCaches),
		gauge("memstats_mspan_inuse_bytes", "Spans of the allocator in use.", spans),
		gauge("memstats_mspan_sys_bytes", "Spans of the allocator.", spans, freeSpans),
		gauge("memstats_next_gc_bytes", "Size of the heap at which it is collected.", "/gc/heap/goal:bytes"),
		gauge("memstats_other_sys_bytes", "Other memory of the runtime.", "/memory/classes/other:bytes"),
		gauge("memstats_stack_inuse_bytes", "Stacks of goroutines.", stacks),
		gauge("memstats_stack_sys_bytes", "Stacks of goroutines and threads.", stacks, osStacks),
		gauge("memstats_sys_bytes", "All memory that was had from the system.", "/memory/classes/total:bytes"),
	}
}

// tellRuntime tells how Go's runtime is.
func tellRuntime(f *figures) {
	for _, m := range runtimeMetrics() {
		f.value(m.Metric, m.read())
	}
	f.value(Metric{Name: "go_info", Type: "gauge", Labels: []string{"version"}, Help: "Version of Go; always 1."}, 1, runtime.Version())
	tellCollections(f)
}

// read is the sum of m's samples.
func (m runtimeMetric) read() (sum float64) {
	samples := make([]metrics.Sample, len(m.samples))
	for i, name := range m.samples {
		samples[i].Name = name
	}
	metrics.Read(samples)
	for _, s := range samples {
		if s.Value.Kind() == metrics.KindUint64 { // else another version of Go does not have it
			sum += float64(s.Value.Uint64())
		}
	}
	return sum
}

// tellCollections tells what the garbage collector did, and when.
func tellCollections(f *figures) {
	stats := debug.GCStats{PauseQuantiles: make([]time.Duration, 5)}
	debug.ReadGCStats(&stats)
	pauses := make([]point, len(stats.PauseQuantiles))
	for i, d := range stats.PauseQuantiles {
		pauses[i] = point{number(float64(i) / float64(len(pauses)-1)), d.Seconds()}
	}
	f.summary(Metric{Name: "go_gc_duration_seconds", Type: "summary", Help: "How long collecting the garbage stopped everything."},
		pauses, stats.PauseTotal.Seconds(), uint64(stats.NumGC))
	f.value(Metric{Name: "go_memstats_last_gc_time_seconds", Type: "gauge", Help: "When the garbage was collected last, in seconds since 1970."},
		float64(stats.LastGC.UnixNano())/1e9)
}
