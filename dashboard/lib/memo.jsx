// Makes a component that is rendered again only when one of its properties changes.
export function memo(Inner) {
  function Memo(props) {
    this.shouldComponentUpdate = (next) => {
      const keys = Object.keys(next);
      return keys.length !== Object.keys(this.props).length || keys.some((key) => next[key] !== this.props[key]);
    };
    return <Inner {...props} />;
  }
  return Memo;
}
