//go:build race

package main

// raced builds the measured program as this test was built, so that nothing is compiled twice.
var raced = []string{"-race"}
