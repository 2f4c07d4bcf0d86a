package whatsapp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// SignatureHeader carries the signature of a callback.
const SignatureHeader = "X-Hub-Signature-256"

const signaturePrefix = "sha256="

// Sign returns the SignatureHeader of a callback with these exact bytes.
func Sign(appSecret, raw []byte) string {
	mac := hmac.New(sha256.New, appSecret)
	mac.Write(raw)
	return signaturePrefix + hex.EncodeToString(mac.Sum(nil))
}

// VerifySignature reports whether header is the signature of the raw bytes
// under appSecret, in constant time. Without a secret nothing is believed.
func VerifySignature(appSecret []byte, header string, raw []byte) bool {
	given, ok := strings.CutPrefix(header, signaturePrefix)
	if !ok || len(appSecret) == 0 {
		return false
	}
	claimed, err := hex.DecodeString(given)
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, appSecret)
	mac.Write(raw)
	return hmac.Equal(claimed, mac.Sum(nil))
}
