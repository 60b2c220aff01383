// Package schema has the descriptions that the daemon itself hands out.
package schema

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
)

//go:generate go run ../../internal/gen packed -dir . openapi.json

//go:embed openapi.json.gz
var openAPI []byte

// OpenAPI is the description of the page's interface, in OpenAPI 3.1.
func OpenAPI() ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(openAPI))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
