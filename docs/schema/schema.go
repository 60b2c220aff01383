// Package schema has the descriptions that the daemon itself hands out.
package schema

import _ "embed"

//go:embed openapi.json
var openAPI []byte

// OpenAPI is the description of the page's interface, in OpenAPI 3.1. It must not be changed.
func OpenAPI() []byte { return openAPI }
