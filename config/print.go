package config

import (
	"bytes"

	"go.yaml.in/yaml/v3"
)

// YAML is the whole of c as a config file, without secrets: every default is written out, every path is resolved.
func (c Config) YAML() []byte { return encode(c) }

// String is YAML.
func (c Config) String() string { return string(encode(c)) }

// String is the camera's part of the file, without secrets. (Without it, fmt would follow HTTP where it asks no method.)
func (c Camera) String() string { return string(encode(c)) }

func encode(v any) []byte {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(v); err != nil { // no type in Config has a reason
		panic("config: encode: " + err.Error())
	}
	return b.Bytes()
}
