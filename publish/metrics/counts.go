package metrics

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/inceptiond/inceptiond/publish"
)

// stages are those of a result.
func stages(r *publish.Result) [4]time.Duration {
	return [4]time.Duration{r.Stages.Wait, r.Stages.Preprocess, r.Stages.Inference, r.Stages.Total}
}

// stageNames go with them.
var stageNames = [4]string{"wait", "preprocess", "inference", "total"}

// stageBuckets go from 1 ms to 10 s, in steps that a person tells apart.
func stageBuckets() []float64 {
	return []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10}
}

// counts are what results tell as they go by. They are for concurrent use.
type counts struct {
	durations *prometheus.HistogramVec
	results   *prometheus.CounterVec
	last      *prometheus.GaugeVec

	mu      sync.RWMutex
	cameras map[string]*cameraCounts
}

// cameraCounts are the series of a camera, found once.
type cameraCounts struct {
	stages  [4]prometheus.Observer
	last    prometheus.Gauge
	mu      sync.Mutex
	engines map[string]prometheus.Counter
}

func newCounts() *counts {
	stage, result, last := stageMetric(), resultsMetric(), lastMetric()
	return &counts{
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: stage.Name, Help: stage.Help, Buckets: stageBuckets()}, stage.Labels),
		results:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: result.Name, Help: result.Help}, result.Labels),
		last:      prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: last.Name, Help: last.Help}, last.Labels),
		cameras:   map[string]*cameraCounts{},
	}
}

// result counts r. After the first of a camera and an engine it allocates nothing.
func (c *counts) result(r *publish.Result) {
	one := c.of(r.Camera)
	for i, d := range stages(r) {
		one.stages[i].Observe(d.Seconds())
	}
	one.last.Set(float64(r.Time.UnixMilli()) / 1000)
	one.mu.Lock()
	defer one.mu.Unlock()
	counter := one.engines[r.Engine]
	if counter == nil {
		counter = c.results.WithLabelValues(r.Camera, r.Engine)
		one.engines[r.Engine] = counter
	}
	counter.Inc()
}

// of is the series of a camera.
func (c *counts) of(camera string) *cameraCounts {
	c.mu.RLock()
	one := c.cameras[camera]
	c.mu.RUnlock()
	if one != nil {
		return one
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if one = c.cameras[camera]; one != nil {
		return one
	}
	one = &cameraCounts{last: c.last.WithLabelValues(camera), engines: map[string]prometheus.Counter{}}
	for i, name := range stageNames {
		one.stages[i] = c.durations.WithLabelValues(camera, name)
	}
	c.cameras[camera] = one
	return one
}

// keep drops the series of cameras that are gone.
func (c *counts) keep(i publish.Inventory) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for camera := range c.cameras {
		if i.Has(camera) {
			continue
		}
		delete(c.cameras, camera)
		for _, vec := range []interface {
			DeletePartialMatch(prometheus.Labels) int
		}{c.durations, c.results, c.last} {
			vec.DeletePartialMatch(prometheus.Labels{"camera": camera})
		}
	}
}

// Describe implements prometheus.Collector.
func (c *counts) Describe(to chan<- *prometheus.Desc) {
	c.durations.Describe(to)
	c.results.Describe(to)
	c.last.Describe(to)
}

// Collect implements prometheus.Collector.
func (c *counts) Collect(to chan<- prometheus.Metric) {
	c.durations.Collect(to)
	c.results.Collect(to)
	c.last.Collect(to)
}
