//go:build !race

package demomodel_test

const race = false
