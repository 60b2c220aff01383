// Examples writes docs/examples: a flow for Node-RED and a file for Telegraf, made of the tables of messages and commands.
//
//	go run ./internal/gen/examples docs/examples
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: examples FOLDER")
		os.Exit(2)
	}
	for name, text := range files() {
		if err := os.WriteFile(filepath.Join(os.Args[1], name), text, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// files are the examples by their names.
func files() map[string][]byte {
	return map[string][]byte{"node-red.json": flow(), "telegraf.conf": telegraf()}
}
