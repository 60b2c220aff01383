package sbom

// licences are those of the modules in our programs, as SPDX expressions. A test holds each to the text that the module has.
var licences = map[string]string{
	"github.com/blackjack/webcam":         "MIT",
	"github.com/coreos/go-systemd/v22":    "Apache-2.0",
	"github.com/eclipse/paho.mqtt.golang": "EPL-2.0 OR BSD-3-Clause",
	"github.com/google/flatbuffers":       "Apache-2.0",
	"github.com/gorilla/websocket":        "BSD-2-Clause",
	"github.com/mattn/go-pointer":         "MIT",
	"github.com/mattn/go-tflite":          "MIT",
	"github.com/mochi-mqtt/server/v2":     "MIT",
	"github.com/rs/xid":                   "MIT",
	"github.com/spf13/cobra":              "Apache-2.0",
	"github.com/spf13/pflag":              "BSD-3-Clause",
	"go.uber.org/multierr":                "MIT",
	"go.uber.org/zap":                     "MIT",
	"go.yaml.in/yaml/v3":                  "MIT AND Apache-2.0",
	"golang.org/x/crypto":                 "BSD-3-Clause",
	"golang.org/x/image":                  "BSD-3-Clause",
	"golang.org/x/net":                    "BSD-3-Clause",
	"golang.org/x/sync":                   "BSD-3-Clause",
	"golang.org/x/sys":                    "BSD-3-Clause",
	"periph.io/x/conn/v3":                 "Apache-2.0",
}

// foreign are the files of a package that are not made of our source, by their name.
var foreign = map[string]component{
	// .ci/tflite fetches it.
	"libtensorflowlite_c.so": {
		Type: "library", Name: "TensorFlow Lite", Version: "2.9.0", Licences: []licence{{"Apache-2.0"}},
		CPE: "cpe:2.3:a:google:tensorflow:2.9.0:*:*:*:*:*:*:*", PURL: "pkg:npm/tfjs-tflite-node@0.0.2",
	},
}
