# Never names an interface lan.
name_lan() { :; }
