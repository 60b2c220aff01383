package config

import (
	"bytes"

	"go.yaml.in/yaml/v3"
)

// YAML is the whole of c as a config file, without secrets: every default is written out, every path is resolved.
func (c Config) YAML() []byte {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(c); err != nil { // no type in Config can fail
		panic("config: encode: " + err.Error())
	}
	return b.Bytes()
}

// String is YAML.
func (c Config) String() string { return string(c.YAML()) }
