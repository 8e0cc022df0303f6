from accord_sdk import hookimpl, Found
class D:
    name="selectors"
    def open(self): pass
    def close(self): pass
    def detect(self, batch, call):
        for i,_ in enumerate(batch): yield Found(i)
@hookimpl
def accord_detectors(context): return [D()]
