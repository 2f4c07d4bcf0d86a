package main

import (
	"fmt"
	"reflect"
	"runtime/debug"
	"strings"
)

// configCmd prints the settings as they are in force.
type configCmd struct{}

// Run prints a line a setting; a secret shows only whether it is set.
func (configCmd) Run(a *app) error {
	v := reflect.ValueOf(a.Settings)
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		name := tag.Get("name")
		if name == "" {
			name = v.Type().Field(i).Name
		}
		value := settingText(v.Field(i))
		if _, secret := tag.Lookup("secret"); secret && value != "" {
			value = "(set)"
		}
		if _, err := fmt.Fprintf(a.Stdout, "%s=%s\n", environmentName(name), value); err != nil {
			return err
		}
	}
	return nil
}

// settingText writes a setting as its variable takes it.
func settingText(v reflect.Value) string {
	if v.Kind() != reflect.Slice {
		return fmt.Sprint(v.Interface())
	}
	items := make([]string, v.Len())
	for i := range items {
		items[i] = fmt.Sprint(v.Index(i).Interface())
	}
	return strings.Join(items, ",")
}

// versionCmd prints what this binary was built from.
type versionCmd struct{}

// Run prints the version and the revision.
func (versionCmd) Run(a *app) error {
	_, err := fmt.Fprintln(a.Stdout, "wpp "+version())
	return err
}

// version returns the module's version and revision as the build recorded them.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	out := info.Main.Version
	if out == "" || out == "(devel)" {
		out = "development"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			out += " " + s.Value
		}
	}
	return out + " " + info.GoVersion
}
