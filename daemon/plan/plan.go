// Package plan says what is to run, in the options of the parts. Package wiring makes a plan of a config file, service
// runs it, and doctor looks at what it names; so neither of the two knows the file.
//
// A plan holds data only: what is equal in two plans is the same, and need not be built anew.
package plan

import (
	"maps"
	"slices"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/hours"
	"github.com/inceptiond/inceptiond/capture/motion"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/governor"
	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/internal/secret"
	"github.com/inceptiond/inceptiond/publish/gpio"
	"github.com/inceptiond/inceptiond/publish/metrics"
	"github.com/inceptiond/inceptiond/publish/mqtt"
	"github.com/inceptiond/inceptiond/publish/snapshots"
	"github.com/inceptiond/inceptiond/publish/web"
)

// Plan is all that one config asks for.
type Plan struct {
	Device  string // name in topics and messages
	State   string // folder of what is kept over restarts, which may not exist yet; empty: there is none
	Log     Log
	Models  map[string]engines.Options // by name; those that a camera uses
	Idle    map[string]engines.Options // by name; those that no camera uses, which are never loaded but to check them
	Cameras map[string]Camera          // by name
	MQTT    *MQTT                      // nil: off
	GPIO    *gpio.Options              // classes as the config has them; nil: no pins

	Governor governor.Options
	Metrics  metrics.Options
	Web      web.Options // but for Version; without Listen: no page
	Teach    Teach
	Evidence Evidence
}

// Evidence is what the plan was made of, for a bundle.
type Evidence struct {
	Config  []byte   // a config file that asks for the same, without secrets; nil: there is none that can be used
	Problem string   // why not
	Secrets []string // that Config leaves out
}

// Teach says where pictures and models are that are taught here.
type Teach struct {
	Folder      string // which may not exist yet; empty: there is none
	MaxPictures int    // of a name, that wait for a label
	MaxBytes    int64  // of a name's pictures
}

// Log says what is logged, and how.
type Log struct {
	Level  string // "debug", "info", "warn" or "error"
	Format string // "console", "json", or "auto": JSON under systemd
}

// MQTT says which broker gets the results.
type MQTT struct {
	About   string       // the broker for people, without secrets
	Listen  string       // host:port of a broker of our own; empty: Options.Brokers are another's
	Options mqtt.Options // but for Password; with Listen, Brokers is empty

	Report time.Duration // from one report to the next; 0: none

	PasswordFile string // read before each connection; empty: no password
	UsualSpool   bool   // Options.Spool.Dir is where this process would have it; the file names none
}

// Camera says where frames come from, and what is done with them.
type Camera struct {
	Kind       string          // "demo", "v4l2", "rpicam", "http", "rtsp", "files" or "view"
	Opener     capture.Opener  // nil for a view
	View       string          // the camera whose frames a view takes, a key of Plan.Cameras; empty: this is no view
	Picture    picture.Options // of a view: none, it has its camera's
	Finite     bool            // its pictures end some time
	KeepAll    bool            // its pictures wait: none may be skipped
	Model      string          // a key of Plan.Models
	TopK       int             // most predictions in a result
	Threshold  float64
	MaxRate    float64 // results per second; 0: as many as the engine can
	Preprocess preprocess.Options

	Objects   Objects // that its model finds
	Embedding bool    // what a model that gives an embedding says of a frame is published
	Then      *Then   // what looks at those objects; nil: nothing does

	Decide        decide.Options // but for Threshold, which is above
	Hold          time.Duration  // what is decided stays so long when the camera is lost
	NoLabelEvents bool           // changes of the top class are no events

	Hours            hours.Schedule // when the camera is used; without entries: always
	OpenWithoutClock bool           // what that means while the machine's clock is not set
	Gate             *Gate          // which frames the model gets; nil: all

	Snapshot *Snapshot // pictures of changes; nil: none

	Taught  string   // what the camera's model was taught as, or its pictures are collected for; empty: nothing
	Collect *Collect // its pictures that wait for a label, in Taught; nil: none do
	Normal  *Normal  // what its scene looks like when all is well; nil: nobody asks

	PasswordFile string // that Opener reads; empty: none
}

// Objects says what is listed of the objects, areas and bodies that a model finds.
type Objects struct {
	Threshold  float64  // least score
	MaxResults int      // in a result
	Only       []string // classes, by names as in Decide.Ignore; empty: all
	SegmentMap bool     // which class is where is published as a picture
	Set        []string // keys of these that are not as usual
}

// Then says which second model looks at the objects that a camera's finds.
type Then struct {
	Labels   []string // of the objects, by labels or numbers; empty: all
	Model    string   // a key of Plan.Models
	MaxCrops int      // most objects of a frame
}

// Snapshot says of which decisions there are pictures, and who gets them.
type Snapshot struct {
	Classes  []string // those that are worth a picture, by names as in Decide.Ignore; empty: all
	Interval time.Duration
	Picture  picture.EncoderOptions

	MQTT   bool              // they are published
	Retain bool              // the broker keeps the newest
	Why    bool              // so is, with each of them, where the model looked
	Disk   *snapshots.Limits // of those that are kept on the disk; nil: none are
}

// Collect says which pictures of a camera wait for a label.
type Collect struct {
	Changes  bool          // those of changes; else those that the model is not sure of
	Interval time.Duration // from one to the next, at least
	Budget   int64         // bytes a day on the disk
}

// Normal says which pictures a camera's are compared with.
type Normal struct {
	Name     string // what they were taught as
	Loose    bool   // parts lie anywhere
	Pictures int    // that there are
	Stamp    string // of those: another one when they change
}

// Gate says which frames the model gets.
type Gate struct {
	Linger   time.Duration   // frames pass so long after motion or a trigger
	Refresh  time.Duration   // one passes at least so often; 0: none
	Triggers []string        // inputs that open the gate
	Motion   *motion.Options // nil: motion does not open it
}

// String says for people where the frames come from: "V4L2 /dev/video0", "a view of drive".
func (c Camera) String() string {
	if c.View != "" {
		return "a view of " + c.View
	}
	return c.Opener.String()
}

// Models are the names of the models that the camera needs, its own first.
func (c *Camera) Models() []string {
	if c.Then == nil {
		return []string{c.Model}
	}
	return []string{c.Model, c.Then.Model}
}

// Crops tells whether a camera's second model was taught as name, or knows the people of it: it sees crops of what the first one finds.
func (p *Plan) Crops(camera, name string) bool {
	then := p.Cameras[camera].Then
	if then == nil {
		return false
	}
	o := p.Models[then.Model]
	return o.Of(name)
}

// Client is what a client of the broker at these addresses needs: Options with them, and the password if there is a file of it.
func (m *MQTT) Client(at ...mqtt.Address) mqtt.Options {
	o := m.Options
	o.Brokers = at
	if path := m.PasswordFile; path != "" {
		o.Password = func() (string, error) { return secret.Read(path) }
	}
	return o
}

// CamerasFirst are the names of all cameras in their order, those that are views after those that are not.
func (p *Plan) CamerasFirst() []string {
	var cameras, views []string
	for _, name := range slices.Sorted(maps.Keys(p.Cameras)) {
		if p.Cameras[name].View == "" {
			cameras = append(cameras, name)
		} else {
			views = append(views, name)
		}
	}
	return append(cameras, views...)
}
