# Gets an address and tells nobody.
announce() { :; }
