print("nothing tied to anyone")
