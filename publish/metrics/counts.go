package metrics

import (
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/publish"
)

// stages are those of a result.
func stages(r *publish.Result) [5]time.Duration {
	return [5]time.Duration{r.Stages.Wait, r.Stages.Preprocess, r.Stages.Inference, r.Stages.Total, r.Stages.Then}
}

// stageNames go with them.
var stageNames = [5]string{"wait", "preprocess", "inference", "total", then}

// then is the stage of a second model: results have it only where that had something to do.
const then = "then"

// stageBuckets go from 1 ms to 10 s, in steps that a person tells apart.
func stageBuckets() [13]float64 {
	return [...]float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10}
}

// histogram counts seconds by stageBuckets.
type histogram struct {
	buckets [13]uint64 // what is in none below
	count   uint64     // with what is above all
	sum     float64
}

func (h *histogram) observe(seconds float64) {
	h.count++
	h.sum += seconds
	for i, most := range stageBuckets() {
		if seconds <= most {
			h.buckets[i]++
			return
		}
	}
}

// counts are what results tell as they go by. They are for concurrent use.
type counts struct {
	mu      sync.RWMutex
	cameras map[string]*cameraCounts
}

// cameraCounts are the series of a camera.
type cameraCounts struct {
	mu      sync.Mutex
	stages  [len(stageNames)]histogram
	last    float64           // seconds since 1970
	engines map[string]uint64 // how many frames each answered

	detects bool
	objects uint64 // in all frames
}

func newCounts() *counts { return &counts{cameras: map[string]*cameraCounts{}} }

// result counts r. After the first of a camera and an engine it allocates nothing.
func (c *counts) result(r *publish.Result) {
	one := c.of(r.Camera)
	one.mu.Lock()
	defer one.mu.Unlock()
	for i, d := range stages(r) {
		if stageNames[i] != then || d > 0 {
			one.stages[i].observe(d.Seconds())
		}
	}
	one.last = float64(r.Time.UnixMilli()) / 1000
	one.engines[r.Engine]++
	one.detects = r.Task == publish.TaskDetect
	one.objects += uint64(len(r.Detections))
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
	if one = c.cameras[camera]; one == nil {
		one = &cameraCounts{engines: map[string]uint64{}}
		c.cameras[camera] = one
	}
	return one
}

// keep drops the series of cameras that are gone.
func (c *counts) keep(i publish.Inventory) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for camera := range c.cameras {
		if !i.Has(camera) {
			delete(c.cameras, camera)
		}
	}
}

// tell says what was counted.
func (c *counts) tell(to *figures) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for camera, one := range c.cameras {
		one.tell(to, camera)
	}
}

func (c *cameraCounts) tell(to *figures, camera string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, name := range stageNames {
		if name != then || c.stages[i].count > 0 {
			to.histogram(stageMetric(), &c.stages[i], camera, name)
		}
	}
	if c.detects {
		to.value(detectionsMetric(), float64(c.objects), camera)
	}
	for engine, n := range c.engines {
		to.value(resultsMetric(), float64(n), camera, engine)
	}
	to.value(lastMetric(), c.last, camera)
}
