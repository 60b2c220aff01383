package doctor

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/cpu"
)

// InstalledConfig is the file that the installed service runs with.
const InstalledConfig = "/etc/inceptiond/inceptiond.yaml"

// InstalledState is the StateDirectory of the installed service.
const InstalledState = "/var/lib/inceptiond"

// Options say what to examine.
type Options struct {
	File    string     // the config file; empty: none, the defaults
	About   string     // what is in it, for people, if it is good
	Plan    *plan.Plan // what it asks for; nil if it is no good
	Err     error      // why it is no good
	Lines   []string   // what is wrong with it, with file and line; empty if it could not be read
	Version string     // of the program
	Daemon  int        // the process of the daemon that asks; 0: a person does
	AtWork  []string   // cameras that it has pictures of
	JSON    bool       // print JSON (docs/doctor.md)
	Stream  bool       // print each finding as JSON on a line of its own, as it comes
}

// examination is `inceptiond doctor` at work. Its checks run at the same time.
type examination struct {
	root    Root
	options Options
	plan    *plan.Plan     // nil if the file is no good
	loading sync.WaitGroup // until memory is known
	memory  uint64         // bytes that this process has had with all models loaded; 0 if they could not be
	videos  []videoNode
}

// Examine checks all that a plan needs, and the machine, and prints what it finds to w. It tells how many faults there
// are. The error is w's or ctx's.
func Examine(ctx context.Context, w io.Writer, o Options) (faults int, err error) {
	e := &examination{options: o, plan: o.Plan}
	report := NewReport(o.Version, o.File)
	if e.plan != nil {
		report.Device = e.plan.Device
	}
	page := page{w: w}
	Run(ctx, e.checks(), func(f Finding) {
		report.Add(f)
		switch {
		case o.Stream:
			page.printJSON(f)
		case !o.JSON:
			page.print(f)
		}
	})
	if o.JSON && !o.Stream {
		page.err = json.NewEncoder(w).Encode(report)
	}
	if page.err != nil {
		return 0, page.err
	}
	return report.Count(Fault), ctx.Err()
}

// checks lists what there is to check: what the plan names, and the machine.
func (e *examination) checks() []Check {
	list := []Check{e.checkConfig()}
	if e.plan != nil && e.options.File == InstalledConfig && asRoot(serviceUser) {
		list = append(list, checkService(serviceUser, e.files(), cannotRead))
	}
	e.videos = videoNodes(e.root)
	list = append(list, e.cameraChecks()...)
	list = append(list, e.modelChecks()...)
	list = append(list, e.brokerChecks()...)
	list = append(list, e.pinChecks()...)
	list = append(list, e.metricsChecks()...)
	list = append(list, e.pageChecks()...)
	return append(list, e.machineChecks()...)
}

// checkConfig tells what is wrong with the config file, and who may write it.
func (e *examination) checkConfig() Check {
	o := e.options
	findings := findWriters(o.File)
	switch {
	case len(o.Lines) > 0:
		for _, line := range o.Lines {
			findings = append(findings, Finding{State: Fault, Found: line, Fix: "mend that line; `inceptiond config` prints every key with its meaning"})
		}
	case o.Err != nil:
		findings = append(findings, Finding{State: Fault, Found: o.Err.Error(), Fix: "write one: inceptiond config > inceptiond.yaml"})
	default:
		findings = append(findings, Finding{State: OK, Found: cmp.Or(o.File, "no file, the defaults") + ": " + o.About})
	}
	return fixed("config", "file", findings...)
}

// machineChecks are those that every machine needs.
func (e *examination) machineChecks() []Check {
	list := []Check{
		checkMachine(e.root),
		checkKernels(cpu.Kernels),
		checkClock(e.root, readClock),
		checkDisk("/", "", nil),
		checkMemory(e.root, func() uint64 {
			e.loading.Wait()
			return e.memory
		}),
		checkHeat(e.root),
	}
	if e.options.File == InstalledConfig {
		list = append(list, checkClockOfService(e.root, readClock))
	}
	if dir := e.spool(); dir != "" {
		list = append(list, checkDisk(dir, "mqtt.spool.path", nil))
	} else if e.plan != nil && e.plan.MQTT != nil && e.plan.MQTT.Options.Spool.NoDir != "" {
		list = append(list, fixed("system", "events", Finding{State: Warning, Found: "they would be in memory only: " + e.plan.MQTT.Options.Spool.NoDir,
			Fix: "set mqtt.spool.path to a folder, or to off if events may be lost"}))
	}
	for _, dir := range e.albums() {
		list = append(list, checkDisk(dir, "snapshot.folder of a camera", nil))
	}
	if dir := e.taught(); dir != "" {
		list = append(list, checkDisk(dir, "teach.folder", nil))
	}
	return list
}

// taught is the folder of what is taught, if a camera has to do with it; else empty. The service's is not ours.
func (e *examination) taught() string {
	if e.plan == nil {
		return ""
	}
	for _, c := range e.plan.Cameras {
		switch dir := e.plan.Teach.Folder; {
		case c.Taught == "":
		case dir == filepath.Join(e.plan.State, "teach") && e.options.File == InstalledConfig:
			return InstalledState + "/teach"
		default:
			return dir
		}
	}
	return ""
}

// albums are the folders where pictures are kept, each once. The service's is not ours.
func (e *examination) albums() (folders []string) {
	if e.plan == nil {
		return nil
	}
	for _, name := range e.plan.CamerasFirst() {
		s := e.plan.Cameras[name].Snapshot
		if s == nil || s.Disk == nil {
			continue
		}
		dir := s.Disk.Folder
		if dir == filepath.Join(e.plan.State, "snapshots") && e.options.File == InstalledConfig {
			dir = InstalledState + "/snapshots"
		}
		if !slices.Contains(folders, dir) {
			folders = append(folders, dir)
		}
	}
	return folders
}

// spool is the folder where events wait for the broker; empty: in memory. The service's is not ours.
func (e *examination) spool() string {
	if e.plan == nil || e.plan.MQTT == nil {
		return ""
	}
	dir := e.plan.MQTT.Options.Spool.Dir
	if dir != "" && e.plan.MQTT.UsualSpool && e.options.File == InstalledConfig {
		return InstalledState + "/spool"
	}
	return dir
}

// fixed is a check whose findings are known already.
func fixed(area, name string, findings ...Finding) Check {
	return Check{Area: area, Name: name, Run: func(context.Context) []Finding { return findings }}
}

// Report is what `doctor --json` prints, and a bundle has: docs/schema/doctor.json.
type Report struct {
	Schema   int       `json:"schema"`
	Version  string    `json:"version"`
	Device   string    `json:"device,omitempty"`
	Time     string    `json:"time"`
	Config   string    `json:"config"`
	State    State     `json:"state"`
	Findings []Finding `json:"findings"`
}

// NewReport is a report that has found nothing yet, of the machine as it is now and a config file.
func NewReport(version, config string) Report {
	return Report{Schema: 1, Version: version, Time: time.Now().UTC().Format(time.RFC3339), Config: config, State: OK}
}

// Add adds a finding.
func (r *Report) Add(f Finding) {
	r.Findings = append(r.Findings, f)
	if f.State.worse(r.State) {
		r.State = f.State
	}
}

// Count is how many findings are in a state.
func (r Report) Count(s State) int {
	n := 0
	for _, f := range r.Findings {
		if f.State == s {
			n++
		}
	}
	return n
}

// page prints findings for people: a title for each area, a line for each finding, and one below for its fix.
type page struct {
	w     io.Writer
	areas []string // titles printed
	err   error    // the first
}

func (p *page) print(f Finding) {
	if !slices.Contains(p.areas, f.Area) {
		if len(p.areas) > 0 {
			p.printf("\n")
		}
		p.areas = append(p.areas, f.Area)
		p.printf("%s\n", f.Area)
	}
	p.printf("  %-8s %-18s %s\n", f.State, f.Check, strings.ReplaceAll(f.Found, "\n", "; "))
	if f.Fix != "" {
		p.printf("  %-8s %-18s -> %s\n", "", "", f.Fix)
	}
}

// printJSON prints a finding as a line of JSON.
func (p *page) printJSON(f Finding) {
	if err := json.NewEncoder(p.w).Encode(f); p.err == nil {
		p.err = err
	}
}

func (p *page) printf(format string, args ...any) {
	if _, err := fmt.Fprintf(p.w, format, args...); p.err == nil {
		p.err = err
	}
}
