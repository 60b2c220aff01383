package web

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// doctorTime is how long the doctor may take. It loads all models.
const doctorTime = time.Minute

// doctor has the machine checked, one check at a time, and remembers what the last one found.
type doctor struct {
	check func(ctx context.Context, found func(Finding)) error
	ctx   context.Context // of the server: its end ends a check
	works sync.WaitGroup

	mu   sync.Mutex
	last examined
}

// examined answers GET api/v1/doctor.
type examined struct {
	Running  bool      `json:"running"`
	Started  string    `json:"started"` // empty: nothing was checked yet
	Findings []Finding `json:"findings"`
	Error    string    `json:"error"`
}

func (d *doctor) serve(w http.ResponseWriter, _ *http.Request) error {
	d.mu.Lock()
	is := d.last
	is.Findings = append([]Finding{}, is.Findings...)
	d.mu.Unlock()
	return answer(w, http.StatusOK, is)
}

// serveStart begins a check.
func (d *doctor) serveStart(w http.ResponseWriter, _ *http.Request) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.last.Running:
		return refuse(http.StatusConflict, "the machine is being checked already")
	case d.ctx.Err() != nil:
		return d.ctx.Err()
	}
	d.last = examined{Running: true, Started: stamp(time.Now())}
	d.works.Go(d.run)
	return answer(w, http.StatusAccepted, struct{}{})
}

func (d *doctor) run() {
	ctx, cancel := context.WithTimeout(d.ctx, doctorTime)
	defer cancel()
	err := d.examine(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last.Running = false
	if err != nil {
		d.last.Error = err.Error()
	}
}

// examine notes what a check finds. A fault of the program in it is an error like others.
func (d *doctor) examine(ctx context.Context) (err error) {
	defer func() {
		if what := recover(); what != nil {
			err = fmt.Errorf("the check has met a fault of its own: %v", what)
		}
	}()
	return d.check(ctx, func(f Finding) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.last.Findings = append(d.last.Findings, f)
	})
}
