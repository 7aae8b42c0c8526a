// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Phi4.Tokenizer.Templates;

/// <summary>Walks the statements of a template once. One evaluator is one rendering; it is not thread-safe.</summary>
internal sealed partial class Evaluator
{
    private readonly string _source;
    private TextBuilder _output;
    private Scope _scope;
    private int _position;
    private int _depth;

    private Evaluator(string source, Scope scope, EvaluationBudget budget, TimeProvider clock)
    {
        _source = source;
        _scope = scope;
        Budget = budget;
        Clock = clock;
        _output = new TextBuilder(budget);
    }

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    public EvaluationBudget Budget { get; }

    public TimeProvider Clock { get; }

    public static StringValue Render(Statement[] template, string source, Scope variables, TemplateLimits limits, TimeProvider clock)
    {
        var evaluator = new Evaluator(source, new Scope(variables), new EvaluationBudget(limits), clock);
        try
        {
            evaluator.Execute(template);
        }
        catch (TemplateFault fault)
        {
            throw ChatTemplateException.At(fault.Kind, fault.Message, source, evaluator._position);
        }

        return evaluator._output.ToValue();
    }

    /// <summary>An error at the construct that is being evaluated.</summary>
#pragma warning disable CA1822 // reads as the evaluator's own; the place is added where the fault is caught
    public TemplateFault Fail(string problem) => new(ChatTemplateErrorKind.Evaluation, problem);
#pragma warning restore CA1822

    private Flow Execute(Statement[] statements)
    {
        foreach (Statement statement in statements)
        {
            Flow flow = Execute(statement);
            if (flow != Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }

    private Flow Execute(Statement statement)
    {
        Enter(statement.Position);
        Flow flow = Flow.Next;
        switch (statement)
        {
            case TextStatement text:
                _output.Append(text.Text);
                break;
            case OutputStatement output:
                TemplateValue value = Evaluate(output.Value);
                _position = output.Position;
                _output.Append(PythonText.Of(value, Budget));
                break;
            case IfStatement branches:
                flow = ExecuteIf(branches);
                break;
            case ForStatement loop:
                flow = ExecuteFor(loop);
                break;
            case SetStatement set:
                Assign(set.Target, Evaluate(set.Value));
                break;
            case SetBlockStatement set:
                Assign(set.Target, ApplyFilters(set.Filters, Capture(set.Body, new Scope(_scope))));
                break;
            case FilterStatement filter:
                _output.Append(PythonText.Of(ApplyFilters(filter.Filters, Capture(filter.Body, new Scope(_scope))), Budget));
                break;
            case MacroStatement macro:
                _scope.Set(macro.Macro.Name, MakeMacro(macro.Macro));
                break;
            case CallStatement call:
                _output.Append(PythonText.Of(EvaluateCall(call.Call, MakeMacro(call.Caller)), Budget));
                break;
            case WithStatement with:
                flow = ExecuteWith(with);
                break;
            case BreakStatement:
                flow = Flow.Break;
                break;
            case ContinueStatement:
                flow = Flow.Continue;
                break;
        }

        _depth--;
        return flow;
    }

    private Flow ExecuteIf(IfStatement statement)
    {
        foreach ((Expression condition, Statement[] body) in statement.Branches)
        {
            if (Evaluate(condition).IsTrue)
            {
                return Execute(body);
            }
        }

        return Execute(statement.Else);
    }

    private Flow ExecuteFor(ForStatement statement)
    {
        TemplateValue source = Evaluate(statement.Items);
        _position = statement.Position;
        TemplateValue[] items = Operators.Iterate(source, Budget);
        Scope outer = _scope;
        if (statement.Condition is not null)
        {
            var kept = new List<TemplateValue>();
            foreach (TemplateValue item in items)
            {
                _scope = new Scope(outer);
                Assign(statement.Target, item);
                if (Evaluate(statement.Condition).IsTrue)
                {
                    kept.Add(item);
                }
            }

            items = [.. kept];
            _scope = outer;
        }

        if (items.Length == 0)
        {
            return Execute(statement.Else);
        }

        var loop = new LoopValue(items);
        Flow flow = Flow.Next;
        for (int i = 0; i < items.Length && flow != Flow.Break; i++)
        {
            Budget.Charge(1);
            loop.Index = i;
            _scope = new Scope(outer);
            _scope.Set("loop", loop);
            Assign(statement.Target, items[i]);
            flow = Execute(statement.Body);
        }

        _scope = outer;
        return Flow.Next;
    }

    private Flow ExecuteWith(WithStatement statement)
    {
        Scope outer = _scope;
        var inner = new Scope(outer);
        foreach ((AssignTarget target, Expression value) in statement.Variables)
        {
            TemplateValue evaluated = Evaluate(value);
            _scope = inner;
            Assign(target, evaluated);
            _scope = outer;
        }

        _scope = inner;
        Flow flow = Execute(statement.Body);
        _scope = outer;
        return flow;
    }

    private void Enter(int position)
    {
        _position = position;
        Budget.Charge(1);
        if (++_depth > Budget.Limits.MaxDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new TemplateFault(
                ChatTemplateErrorKind.Limit,
                string.Create(CultureInfo.InvariantCulture, $"the evaluation goes more than {Budget.Limits.MaxDepth} steps deep"));
        }
    }
}
