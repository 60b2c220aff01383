// Package config reads inceptiond's one YAML file: the file and nothing else.
//
// [Default] is what the daemon does without a file; [Load] and [Parse] lay a file over it. What they return has been
// checked, so its user need not check again. All that is wrong with a file comes back at once, as one [*Error] whose
// lines name the file, the line, the key and the way to mend it. The package opens no device and no connection and
// does not look whether a model or a camera exists: only the file itself is judged.
//
// inceptiond.yaml documents every key and decodes to exactly Default.
//
// The file holds no secrets, only the paths of files that do. What may still carry one is a URL, hence
// the type [URL], which prints itself without passwords and query values whatever it is printed with.
package config

import (
	_ "embed"
	"regexp"
	"time"
)

// Config is everything that can be set. Relative paths in it are relative to the folder of the file, and [Load] has
// resolved them.
type Config struct {
	Device  string            `yaml:"device"` // name in topics and messages; empty: the host's name
	Log     Log               `yaml:"log"`
	MQTT    MQTT              `yaml:"mqtt"`
	Models  map[string]Model  `yaml:"models"`  // by name; always holds "demo"
	Cameras map[string]Camera `yaml:"cameras"` // by name; at least one

	Location *Location `yaml:"location,omitempty"` // nil: nobody has said
	Governor Governor  `yaml:"governor"`
	GPIO     GPIO      `yaml:"gpio"`
	Metrics  Metrics   `yaml:"metrics"`
	Web      Web       `yaml:"web"`
	Teach    Teach     `yaml:"teach"`
}

// Log says what is logged, and how.
type Log struct {
	Level  string `yaml:"level"`  // "debug", "info", "warn" or "error"
	Format string `yaml:"format"` // "console", "json", or "auto": JSON under systemd
}

// MQTT says which broker gets the results, and under which topics.
type MQTT struct {
	Broker       Brokers       `yaml:"broker"`
	Listen       string        `yaml:"listen"`    // host:port of the embedded broker, on the loopback interface
	Prefix       string        `yaml:"prefix"`    // of every topic; empty: inceptiond/<device>
	ClientID     string        `yaml:"client_id"` // empty: inceptiond-<device>
	Username     string        `yaml:"username"`
	PasswordFile string        `yaml:"password_file"` // empty: the credential "mqtt-password" if there is one
	TLS          TLS           `yaml:"tls"`
	KeepAlive    time.Duration `yaml:"keep_alive"` // whole seconds
	QoS          int           `yaml:"qos"`        // of results: 0, 1 or 2
	MaxRate      float64       `yaml:"max_rate"`   // results per second and camera; 0: every frame
	Queue        int           `yaml:"queue"`      // results kept while the broker is slow or away
	Spool        Spool         `yaml:"spool"`

	Report        time.Duration `yaml:"report"` // from one report to the next; 0: none
	Commands      []string      `yaml:"commands,flow"`
	HomeAssistant HomeAssistant `yaml:"homeassistant"`
}

// HomeAssistant says whether the cameras are announced to it, and where.
type HomeAssistant struct {
	Enabled     bool   `yaml:"enabled"`
	Prefix      string `yaml:"prefix"`       // of its discovery topics
	StatusTopic string `yaml:"status_topic"` // where it says that it has started
}

// SpoolOff is the Spool.Path that keeps events in memory.
const SpoolOff = "off"

// Spool says where events wait until the broker has acknowledged them, and how many.
type Spool struct {
	Path      string        `yaml:"path"`       // a folder; empty: the daemon's choice
	MaxBytes  Size          `yaml:"max_bytes"`  // on the disk
	MaxAge    time.Duration `yaml:"max_age"`    // older events are dropped
	MaxWrites int           `yaml:"max_writes"` // forced writes to the disk per minute; 0: one for every event
}

// TLS is about mqtts:// and wss:// brokers. The zero value trusts the system's certificate authorities.
type TLS struct {
	CAFile     string `yaml:"ca_file"`     // PEM, instead of the system's authorities
	CertFile   string `yaml:"cert_file"`   // PEM, the client's certificate
	KeyFile    string `yaml:"key_file"`    // PEM, its key
	ServerName string `yaml:"server_name"` // expected in the broker's certificate, where its Broker has none; empty: the URL's host
}

// DemoModel is the model that is always there.
const DemoModel = "demo"

// builtinPrefix starts the name of a file that is inside the program: "builtin:demo".
const builtinPrefix = "builtin:"

// pullPrefix starts the name of a network that `inceptiond model pull` fetches.
const pullPrefix = "pull:"

// hashPrefix starts the name of a file that was fetched by its SHA-256.
const hashPrefix = "sha256:"

// TaughtPrefix starts the name of what was taught here with `inceptiond teach`.
const TaughtPrefix = "taught:"

// Model is a .tflite file and how to run it.
type Model struct {
	File        string        `yaml:"file"`       // path, or "builtin:", "pull:", "taught:" or "sha256:" and a name
	SHA256      string        `yaml:"sha256"`     // that File must have, in hexadecimal; empty: any
	Labels      string        `yaml:"labels"`     // path, "builtin:" and a name, or empty: those inside the model, if any
	Background  bool          `yaml:"background"` // the model's class 0 is a background that Labels leaves out
	Engine      string        `yaml:"engine"`     // "auto", "cpu" or "tflite"
	Fallback    string        `yaml:"fallback"`   // "cpu" or "none": what answers while tflite cannot
	Deadline    time.Duration `yaml:"deadline"`   // for one run by tflite; 0: ten times the usual, at least a second
	XNNPACK     bool          `yaml:"xnnpack"`    // tflite uses XNNPACK's kernels
	EdgeTPU     *EdgeTPU      `yaml:"edgetpu,omitempty"`
	Threads     int           `yaml:"threads"`      // 0: one per CPU
	MemoryLimit Size          `yaml:"memory_limit"` // of tensors, weights and working memory
	Mean        []float32     `yaml:"mean,flow"`    // input = (pixel - mean) / std: 1 or 3 numbers, or empty: see preprocess
	Std         []float32     `yaml:"std,flow"`     // as Mean; above 0
	Task        string        `yaml:"task"`         // "auto", "classify", "detect", "segment", "pose" or "embed": what it is for
	Decoder     string        `yaml:"decoder"`      // "blazeface", "yolo", or empty: its boxes need none
	Anchors     []Anchor      `yaml:"anchors,flow"` // for Decoder; empty: the usual, if there are any
	Scores      string        `yaml:"scores"`       // "auto", "softmax", "sigmoid" or "raw": what its numbers become
	Unknown     float64       `yaml:"unknown"`      // share of known pictures that may be called unknown; 0: none is; taught models only

	People           string  `yaml:"people"`            // a name of teach: whom embeddings may show; empty: nobody is asked for
	MaxDistance      float64 `yaml:"max_distance"`      // up to which one of them is recognized
	PublishEmbedding bool    `yaml:"publish_embedding"` // what the model says of a frame is published too
}

// Anchor is where boxes of a model are expected, and how large: two or four numbers, as its decoder wants.
type Anchor []float64

// EdgeTPU is about a Coral Edge TPU that runs a model. nil: there is none for it.
type EdgeTPU struct {
	Device string `yaml:"device"` // "any", "usb", "pci", one of several by number ("usb:1", from 0), or a path
	File   string `yaml:"file"`   // the model that was compiled for it; empty: Model.File is
}

// The values of Camera.Source.
const (
	SourceDemo   = "demo"
	SourceV4L2   = "v4l2"
	SourceRPiCam = "rpicam"
	SourceHTTP   = "http"
	SourceRTSP   = "rtsp"
	SourceFiles  = "files"
	SourceView   = "view"
)

// Camera is a source of frames and what is done with them. Of the seven sections that are pointers, the one that Source
// names is set and the others are nil.
type Camera struct {
	Source string  `yaml:"source"` // SourceDemo, SourceV4L2, …
	Demo   *Demo   `yaml:"demo,omitempty"`
	V4L2   *V4L2   `yaml:"v4l2,omitempty"`
	RPiCam *RPiCam `yaml:"rpicam,omitempty"`
	HTTP   *HTTP   `yaml:"http,omitempty"`
	RTSP   *RTSP   `yaml:"rtsp,omitempty"`
	Files  *Files  `yaml:"files,omitempty"`
	View   *View   `yaml:"view,omitempty"`

	Model      string  `yaml:"model"`     // a key of Config.Models
	TopK       int     `yaml:"top_k"`     // most predictions in a result
	Threshold  float64 `yaml:"threshold"` // least score of a prediction, 0 to 1; 0: all
	Region     Region  `yaml:"region"`
	Rotate     int     `yaml:"rotate"`      // degrees clockwise: 0, 90, 180 or 270; 0 for a view
	Flip       string  `yaml:"flip"`        // "none", "horizontal", "vertical" or "both"; "none" for a view
	Fit        string  `yaml:"fit"`         // "stretch", "crop" or "letterbox"
	MaxRate    float64 `yaml:"max_rate"`    // frames classified per second; 0: as many as the engine can
	FastDecode Switch  `yaml:"fast_decode"` // decode JPEGs at a reduced size

	Objects      Objects   `yaml:"objects"`
	Then         *Then     `yaml:"then,omitempty"`
	Decision     Decision  `yaml:"decision"`
	Mask         []Polygon `yaml:"mask,flow"`     // black for everything; none for a view
	Hours        []string  `yaml:"hours,flow"`    // when the camera is used; empty: always
	WithoutClock string    `yaml:"without_clock"` // "open" or "closed": what Hours mean while the clock is not set
	Gate         *Gate     `yaml:"gate,omitempty"`
	Snapshot     *Snapshot `yaml:"snapshot,omitempty"`
	Collect      Collect   `yaml:"collect"`
	Normal       Normal    `yaml:"normal"`
}

// Objects says what is listed of the objects, areas and bodies that a model finds.
type Objects struct {
	Threshold  float64 `yaml:"threshold"`   // least score
	MaxResults int     `yaml:"max_results"` // in a result
	Only       []Word  `yaml:"only,flow"`   // classes; empty: all
	SegmentMap bool    `yaml:"segment_map"` // which class is where is published as a picture
}

// Then says which second model looks at what the first, a detector, finds. nil: none does.
type Then struct {
	Labels   []Word `yaml:"labels,flow"` // of the objects that it looks at; empty: all
	Model    string `yaml:"model"`       // a key of Config.Models
	MaxCrops int    `yaml:"max_crops"`   // most objects of a frame
}

// Models are the keys of Config.Models that the camera needs, its own first.
func (c *Camera) Models() []string {
	if c.Then == nil {
		return []string{c.Model}
	}
	return []string{c.Model, c.Then.Model}
}

// Region is a part of the frame, in fractions of its width and height.
type Region struct {
	X      float64 `yaml:"x"`
	Y      float64 `yaml:"y"`
	Width  float64 `yaml:"width"`
	Height float64 `yaml:"height"`
}

// Demo is about the built-in source of drawn scenes.
type Demo struct {
	Width    int           `yaml:"width"`
	Height   int           `yaml:"height"`
	Interval time.Duration `yaml:"interval"` // from one frame to the next
	Seed     int64         `yaml:"seed"`     // equal seeds draw equal scenes; 0: new ones at every start
}

// V4L2 is about a /dev/video device.
type V4L2 struct {
	Device   string           `yaml:"device"`
	Format   string           `yaml:"format"` // "auto" or a pixel format's name
	Width    int              `yaml:"width"`
	Height   int              `yaml:"height"`
	Rate     float64          `yaml:"rate"`     // frames per second; 0: the driver's choice
	Controls map[string]int32 `yaml:"controls"` // by the driver's name in lower case: brightness, …
	Timeout  time.Duration    `yaml:"timeout"`  // without a frame, after which the camera is lost
}

// RPiCam is about a Raspberry Pi camera on the CSI port.
type RPiCam struct {
	Camera  int           `yaml:"camera"` // as rpicam-vid numbers them
	Width   int           `yaml:"width"`
	Height  int           `yaml:"height"`
	Rate    float64       `yaml:"rate"` // frames per second
	Timeout time.Duration `yaml:"timeout"`
}

// HTTP is about a network camera that serves an MJPEG stream or still pictures.
type HTTP struct {
	URL          URL           `yaml:"url"`
	Username     string        `yaml:"username"`
	PasswordFile string        `yaml:"password_file"`
	CAFile       string        `yaml:"ca_file"`     // PEM, instead of the system's authorities
	Fingerprint  string        `yaml:"fingerprint"` // SHA-256 of the camera's certificate, in hexadecimal digits
	Interval     time.Duration `yaml:"interval"`    // from one still picture to the next
	MaxBytes     Size          `yaml:"max_bytes"`   // of one picture
	Timeout      time.Duration `yaml:"timeout"`
}

// RTSP is about a network camera that streams H.264 or H.265.
type RTSP struct {
	URL          URL           `yaml:"url"`
	Username     string        `yaml:"username"`
	PasswordFile string        `yaml:"password_file"`
	CAFile       string        `yaml:"ca_file"`     // PEM, instead of the system's authorities
	Fingerprint  string        `yaml:"fingerprint"` // SHA-256 of the camera's certificate, in hexadecimal digits
	Transport    string        `yaml:"transport"`   // "tcp" or "udp"
	KeyFrames    bool          `yaml:"keyframes"`   // decode no others
	Timeout      time.Duration `yaml:"timeout"`
}

// Files is about pictures on the disk.
type Files struct {
	Paths    []string      `yaml:"paths"` // folders, files or patterns such as shots/*.jpg
	Loop     bool          `yaml:"loop"`  // start over after the last picture
	Interval time.Duration `yaml:"interval"`
}

// View is about another look at the frames of a camera.
type View struct {
	Of string `yaml:"of"` // a key of Config.Cameras, which is no view itself
}

// Polygon is a part of the upright frame: x1, y1, x2, y2, … in fractions of its width and height.
type Polygon []float64

//go:embed inceptiond.yaml
var file string

// Web says where the page is, and who may see it.
type Web struct {
	Listen string   `yaml:"listen"`     // host:port; empty: none
	Hosts  []string `yaml:"hosts,flow"` // names it may be called by, beside addresses, localhost and the machine's name
	TLS    WebTLS   `yaml:"tls"`        // zero: plain HTTP
	Embed  []string `yaml:"embed,flow"` // origins that may show it in a frame
	Rate   float64  `yaml:"rate"`       // pictures per second and camera, at most
}

// WebTLS is the page's certificate and its key, in PEM.
type WebTLS struct {
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

// Teach says where pictures and models are that were taught here.
type Teach struct {
	Folder      string `yaml:"folder"`       // empty: teach in the StateDirectory
	MaxPictures int    `yaml:"max_pictures"` // of a name, that wait for a label
	MaxBytes    Size   `yaml:"max_bytes"`    // of a name's pictures
}

// File is the commented file that documents every key and says the same as Default.
func File() []byte { return []byte(file) }

// optional finds the sections of the file that are switched off and not a kind of camera or Edge TPU: a # right before a
// key without a value, and the lines below that begin deeper.
var optional = regexp.MustCompile(`(?m)^( *)#(then|gate|snapshot|location|inputs|outputs):\n(?: *#  .*\n)+`)

// Brief is File without what is inside the sections that are switched off: what to see first.
func Brief() []byte { return optional.ReplaceAll([]byte(file), []byte("$1#$2: …\n")) }
