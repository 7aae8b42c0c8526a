// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

/// <summary>Members by name in insertion order. Written only while it is made.</summary>
internal sealed class MapValue : TemplateValue
{
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<(StringValue Key, TemplateValue Value)> _members = [];

    public IReadOnlyList<(StringValue Key, TemplateValue Value)> Members => _members;

    internal override bool IsTrue => _members.Count > 0;

    internal override string TypeName => "mapping";

    public TemplateValue? Find(string name) => _places.TryGetValue(name, out int place) ? _members[place].Value : null;

    public void Set(StringValue key, TemplateValue value)
    {
        if (_places.TryGetValue(key.Text, out int place))
        {
            _members[place] = (_members[place].Key, value);
            return;
        }

        _places.Add(key.Text, _members.Count);
        _members.Add((key, value));
    }
}
