package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// listenPlace is what a run of wpp listen leaves for the next one.
type listenPlace struct {
	Secret string `json:"secret"` // signs what is forwarded
	Next   string `json:"next"`   // cursor of the feed; "" = from the oldest event on
	Last   string `json:"last"`   // id of the last event behind Next that was dealt with
	Known  bool   `json:"known"`  // Next is a place, also when it is ""

	path string
}

// listenFolder is where places are kept unless the person says otherwise.
func listenFolder() (string, error) {
	folder, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("your configuration folder is not known (%w). Name a folder with --state", err)
	}
	return filepath.Join(folder, "wpp", "listen"), nil
}

// openPlace reads the place of that server, token and receiver. What the files
// are called tells nothing of the token.
func openPlace(c listenCmd) (p listenPlace, err error) {
	sum := sha256.Sum256([]byte(c.URL + "\n" + c.Token + "\n" + c.Forward))
	p.path = filepath.Join(c.State, hex.EncodeToString(sum[:8])+".json")
	if err := os.MkdirAll(c.State, 0o700); err != nil {
		return p, fmt.Errorf("the folder that keeps the place cannot be made: %w. Name another with --state", err)
	}
	raw, err := os.ReadFile(p.path)
	if errors.Is(err, os.ErrNotExist) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	if err != nil {
		return p, fmt.Errorf("%s cannot be read: %w. Delete it to begin anew", p.path, err)
	}
	return p, nil
}

// save writes the place so that a killed process leaves the old one or the new one.
func (p listenPlace) save() error {
	raw, err := json.Marshal(p) //nolint:gosec // the secret is of this machine, and the file of its owner alone
	if err != nil {
		return err
	}
	fresh := p.path + ".new"
	if err := os.WriteFile(fresh, raw, 0o600); err != nil {
		return fmt.Errorf("the place cannot be kept: %w", err)
	}
	if err := os.Rename(fresh, p.path); err != nil {
		return fmt.Errorf("the place cannot be kept: %w", err)
	}
	return nil
}
